#include "vault/secret.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ostream>
#include <random>
#include <thread>

namespace auricle::vault {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};
static_assert(!Printable<Secret>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view> &&
              !std::is_convertible_v<std::string_view, Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

TEST(Secret, holds_what_was_put_in_and_a_zero_byte_behind_it) {
    for (const std::size_t size : {1u, 31u, 32u, 63u, 2047u, 2048u, 4096u, 16'256u, 16'384u, 100'000u}) {
        const std::string text(size, 'x');
        const Secret secret = Secret::copyOf(text);
        EXPECT_EQ(secret.reveal(), text);
        EXPECT_EQ(secret.c_str()[size], '\0');
    }
}

TEST(Secret, an_empty_one_has_an_empty_text) {
    Secret secret;
    EXPECT_TRUE(secret.empty());
    EXPECT_STREQ(secret.c_str(), "");
    EXPECT_EQ(Secret::copyOf("").size(), 0u);
    EXPECT_TRUE(secret.sameAs(Secret(0)));
    secret.shrink(0);
    secret.clear();
}

TEST(Secret, moves_and_leaves_nothing_behind) {
    Secret first = Secret::copyOf("first"), second = Secret::copyOf("second");
    first = std::move(second);
    EXPECT_EQ(first.reveal(), "second");
    EXPECT_TRUE(second.empty());
    Secret& alias = first;
    first = std::move(alias);
    EXPECT_EQ(first.reveal(), "second");
    const Secret third(std::move(first));
    EXPECT_EQ(third.reveal(), "second");
    EXPECT_TRUE(third.sameAs(third.duplicate()));
}

TEST(Secret, compares_by_content) {
    EXPECT_TRUE(Secret::copyOf("abc").sameAs(Secret::copyOf("abc")));
    EXPECT_FALSE(Secret::copyOf("abc").sameAs(Secret::copyOf("abd")));
    EXPECT_FALSE(Secret::copyOf("abc").sameAs(Secret::copyOf("bbc")));
    EXPECT_FALSE(Secret::copyOf("abc").sameAs(Secret::copyOf("abcd")));
}

TEST(Secret, shrinking_wipes_what_it_cuts_off) {
    Secret secret = Secret::copyOf("keep and lose");
    const char* text = secret.c_str();
    secret.shrink(4);
    EXPECT_EQ(secret.reveal(), "keep");
    EXPECT_EQ(std::string_view(text + 4, 9), std::string_view("\0\0\0\0\0\0\0\0\0", 9));
    secret.shrink(100);
    EXPECT_EQ(secret.size(), 4u);
}

TEST(Secret, a_released_slot_comes_back_zeroed) {
    const Secret neighbour = Secret::copyOf("keeps the slab mapped");
    Secret secret = Secret::copyOf("wiped on release, surely");
    const char* text = secret.c_str();
    const std::size_t size = secret.size();
    secret.clear();
    EXPECT_EQ(std::string(text, size), std::string(size, '\0'));
    for (int i = 0; i < 600; ++i) {
        Secret fresh(24);
        EXPECT_EQ(fresh.reveal(), std::string(24, '\0'));
    }
}

TEST(Secret, many_small_ones_share_pages) {
    const std::size_t before = secretLocking().mappedBytes;
    std::vector<Secret> many;
    for (int i = 0; i < 10'000; ++i) many.push_back(Secret::copyOf(std::to_string(i)));
    EXPECT_LT(secretLocking().mappedBytes - before, 10'000u * 40);
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(many[static_cast<std::size_t>(i)].reveal(), std::to_string(i));
    many.clear();
    EXPECT_LE(secretLocking().mappedBytes, before + 16 * 1024);
}

TEST(Secret, never_overlaps_another_whatever_the_order_of_release) {
    std::mt19937 random(4711);
    struct Held {
        Secret secret;
        char fill;
    };
    std::vector<Held> held;
    for (int i = 0; i < 20'000; ++i) {
        if (held.size() < 300 && random() % 3) {
            const char fill = static_cast<char>('a' + random() % 26);
            const std::size_t size = 1 + random() % (random() % 10 ? 300 : 6000);
            held.push_back({Secret::copyOf(std::string(size, fill)), fill});
        } else if (!held.empty()) {
            std::swap(held[random() % held.size()], held.back());
            const auto text = held.back().secret.reveal();
            ASSERT_EQ(text.find_first_not_of(held.back().fill), std::string_view::npos);
            held.pop_back();
        }
    }
}

TEST(Secret, serves_several_threads) {
    std::vector<std::jthread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&wrong, t] {
            for (int i = 0; i < 5'000; ++i) {
                const std::string text(static_cast<std::size_t>(1 + (i * 7 + t) % 5000),
                                       static_cast<char>('a' + t));
                if (Secret::copyOf(text).duplicate().reveal() != text) ++wrong;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

TEST(Secret, is_empty_pages_in_the_child_of_a_fork) {
    const Secret small = Secret::copyOf("not for children"), large = Secret::copyOf(std::string(10'000, 'x'));
    const pid_t child = fork();
    if (child == 0) {
        const bool isWiped = small.c_str()[0] == '\0' && large.c_str()[0] == '\0';
        Secret::copyOf("allocating in the child does not fail for it");
        _exit(isWiped ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(Secret, a_size_that_no_memory_has_is_bad_alloc) {
    EXPECT_THROW(Secret(SIZE_MAX), std::bad_alloc);
    EXPECT_THROW(Secret(SIZE_MAX / 4), std::bad_alloc);
}

}  // namespace
}  // namespace auricle::vault
