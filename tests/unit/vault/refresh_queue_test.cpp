// That it does as BullMQ does is shown by tests/integration/refresh-queue.test.ts; here is what each rule
// says.
#include "vault/refresh_queue.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using auricle::vault::JobState;
using auricle::vault::RefreshQueue;

constexpr std::chrono::milliseconds start = 1h;

TEST(RefreshQueue, gives_jobs_in_the_order_in_which_they_came) {
    RefreshQueue queue;
    const auto first = queue.add("a", {}, start), second = queue.add("b", {}, start);
    EXPECT_EQ(queue.take("t", start)->id, first);
    EXPECT_EQ(queue.take("u", start)->id, second);
    EXPECT_FALSE(queue.take("v", start));
}

TEST(RefreshQueue, has_one_job_of_a_key_until_it_is_over) {
    RefreshQueue queue;
    const auto id = queue.add("a", {}, start);
    EXPECT_EQ(queue.add("a", {}, start), id);
    queue.take("t", start);
    EXPECT_EQ(queue.add("a", {}, start), id);
    ASSERT_TRUE(queue.complete(id, "t", start));
    EXPECT_NE(queue.add("a", {}, start), id);
}

TEST(RefreshQueue, tries_again_after_growing_pauses_as_often_as_it_may) {
    RefreshQueue queue;
    const auto id = queue.add("a", {.attempts = 3, .backoff = 100ms}, start);
    queue.take("t", start);
    ASSERT_TRUE(queue.fail(id, "t", false, 0.5, start));
    EXPECT_EQ(queue.nextDue(), start + 100ms);
    EXPECT_FALSE(queue.take("t", start + 99ms));
    ASSERT_TRUE(queue.take("t", start + 100ms));
    ASSERT_TRUE(queue.fail(id, "t", false, 0.5, start + 100ms));
    EXPECT_EQ(queue.nextDue(), start + 300ms);
    ASSERT_TRUE(queue.take("t", start + 300ms));
    ASSERT_TRUE(queue.fail(id, "t", false, 0.5, start + 300ms));
    EXPECT_EQ(queue.state(id), JobState::failed);
}

TEST(RefreshQueue, does_not_try_again_what_cannot_be_helped) {
    RefreshQueue queue;
    const auto id = queue.add("a", {.attempts = 3}, start);
    queue.take("t", start);
    ASSERT_TRUE(queue.fail(id, "t", true, 0.5, start));
    EXPECT_EQ(queue.state(id), JobState::failed);
}

TEST(RefreshQueue, takes_an_answer_from_whoever_holds_the_lock_and_from_nobody_else) {
    RefreshQueue queue({.lock = 30s});
    const auto id = queue.add("a", {}, start);
    queue.take("t", start);
    EXPECT_FALSE(queue.complete(id, "another", start));
    EXPECT_FALSE(queue.complete(id + 1, "t", start));
    EXPECT_FALSE(queue.complete(id, "t", start + 30s));
    EXPECT_TRUE(queue.complete(id, "t", start + 30s - 1ms));
    EXPECT_FALSE(queue.complete(id, "t", start + 30s - 1ms));
}

TEST(RefreshQueue, sweeps_up_what_has_lost_its_lock_and_fails_it_the_second_time) {
    RefreshQueue queue({.lock = 30s, .maxStalled = 1});
    const auto id = queue.add("a", {.attempts = 5}, start);
    queue.take("t", start);
    EXPECT_TRUE(queue.sweep(start).empty());
    EXPECT_TRUE(queue.sweep(start + 29s).empty());
    EXPECT_EQ(queue.sweep(start + 30s), std::vector{id});
    const auto again = queue.take("u", start + 30s);
    EXPECT_EQ(again->start, 2u);
    EXPECT_FALSE(again->hasStalledTooOften);
    queue.sweep(start + 30s);
    EXPECT_EQ(queue.sweep(start + 60s), std::vector{id});
    EXPECT_TRUE(queue.take("v", start + 60s)->hasStalledTooOften);
}

TEST(RefreshQueue, forgets_no_job_that_is_under_way) {
    RefreshQueue queue({.lock = 30s});
    const auto id = queue.add("a", {}, start);
    queue.take("t", start);
    EXPECT_FALSE(queue.remove(id, start));
    EXPECT_TRUE(queue.remove(id, start + 30s));
    EXPECT_FALSE(queue.state(id));
}

TEST(RefreshQueue, remembers_so_many_that_are_over_and_no_more) {
    RefreshQueue queue({.keep = 3});
    for (int i = 0; i < 10; ++i) {
        const auto id = queue.add("a", {}, start);
        queue.take("t", start);
        ASSERT_TRUE(queue.complete(id, "t", start));
    }
    EXPECT_EQ(queue.counts().completed, 3u);
    EXPECT_FALSE(queue.state(1));
    EXPECT_TRUE(queue.state(10));
}

}  // namespace
