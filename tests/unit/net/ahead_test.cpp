#include "net/ahead.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <random>

namespace {

using namespace auricle;
namespace asio = boost::asio;

/// A run over tasks that yield to each other a random number of times.
struct Fixture {
    explicit Fixture(std::uint64_t seed = 1) : chance(seed) {}

    net::Ahead<std::string> how(std::uint64_t count) {
        net::Ahead<std::string> ahead;
        ahead.end = count;
        ahead.atOnce = [this] { return atOnce; };
        ahead.mostBytes = mostBytes;
        ahead.expected = [this](std::uint64_t) { return expected; };
        ahead.fetch = [this](std::uint64_t index, net::AheadShare& share, std::stop_token stop) {
            return fetch(index, share, stop);
        };
        ahead.take = [this](std::uint64_t index, std::string result) -> asio::awaitable<Result<void>> {
            EXPECT_EQ(result.size(), sizeOf(index));
            order.push_back(index);
            heldBytes -= result.size();
            if (index == takeFailsAt) co_return fail(Kind::disk_full, "full");
            co_return Result<void>{};
        };
        return ahead;
    }

    asio::awaitable<Result<std::string>> fetch(std::uint64_t index, net::AheadShare& share,
                                               std::stop_token stop) {
        ++fetches;
        mostRunning = std::max(mostRunning, ++running);
        auto loop = co_await asio::this_coro::executor;
        for (auto turns = chance() % 20; turns > 0 && !stop.stop_requested(); --turns)
            co_await asio::post(loop, asio::use_awaitable);
        std::string result;
        bool hasRoom = true;
        while (hasRoom && result.size() < sizeOf(index)) {
            auto grown = std::min<std::size_t>(result.size() + 10'000, sizeOf(index));
            hasRoom = share.hold(grown);
            if (hasRoom) {
                heldBytes += grown - result.size();
                result.resize(grown);
                mostHeld = std::max(mostHeld, heldBytes);
                co_await asio::post(loop, asio::use_awaitable);
            }
        }
        --running;
        if (!hasRoom || index == failsAt || stop.stop_requested()) heldBytes -= result.size();
        if (!hasRoom) co_return fail(Kind::too_large, "later");
        if (index == failsAt) co_return fail(Kind::not_found, "gone");
        if (stop.stop_requested()) co_return fail(Kind::cancelled, "stopped");
        co_return result;
    }

    Result<void> run(std::uint64_t count, std::stop_token stop = {}) {
        asio::io_context loop;
        std::optional<Result<void>> outcome;
        asio::co_spawn(loop, net::fetchAhead(how(count), stop),
                       [&](std::exception_ptr fault, Result<void> value) {
                           if (fault) std::rethrow_exception(fault);
                           runningAtEnd = running;
                           outcome = std::move(value);
                       });
        loop.run();
        return *outcome;
    }

    std::mt19937_64 chance;
    std::function<std::size_t(std::uint64_t)> sizeOf = [](std::uint64_t) { return std::size_t{1000}; };
    unsigned atOnce = 6, running = 0, mostRunning = 0, runningAtEnd = 0;
    std::uint64_t mostBytes = 1'000'000, expected = 1000, heldBytes = 0, mostHeld = 0, fetches = 0;
    std::uint64_t failsAt = UINT64_MAX, takeFailsAt = UINT64_MAX;
    std::vector<std::uint64_t> order;
};

std::vector<std::uint64_t> upTo(std::uint64_t count) {
    std::vector<std::uint64_t> list(count);
    for (std::uint64_t i = 0; i < count; ++i) list[i] = i;
    return list;
}

TEST(Ahead, hands_over_in_order_whatever_comes_first) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Fixture ahead(seed);
        ASSERT_TRUE(ahead.run(100));
        EXPECT_EQ(ahead.order, upTo(100)) << seed;
        EXPECT_EQ(ahead.mostRunning, 6u);
        EXPECT_EQ(ahead.fetches, 100u);
    }
}

TEST(Ahead, holds_no_more_than_it_may_when_sizes_are_as_expected) {
    Fixture ahead;
    ahead.sizeOf = [](std::uint64_t) { return std::size_t{100'000}; };
    ahead.expected = 100'000;
    ahead.mostBytes = 300'000;
    ahead.atOnce = 50;
    ASSERT_TRUE(ahead.run(100));
    EXPECT_LE(ahead.mostHeld, 300'000u);
    EXPECT_EQ(ahead.fetches, 100u);
    EXPECT_EQ(ahead.mostRunning, 3u);
}

TEST(Ahead, holds_hardly_more_when_nothing_is_as_expected) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Fixture ahead(seed);
        ahead.sizeOf = [](std::uint64_t index) { return std::size_t{index % 7 == 0 ? 400'000u : 60'000u}; };
        ahead.mostBytes = 300'000;
        ahead.atOnce = 50;
        ASSERT_TRUE(ahead.run(100));
        EXPECT_EQ(ahead.order, upTo(100));
        EXPECT_LE(ahead.mostHeld, 700'000u) << "the bound, and the one that is next in the order";
    }
}

TEST(Ahead, ends_with_the_error_of_the_earliest_task_and_leaves_none_running) {
    Fixture ahead;
    ahead.failsAt = 30;
    auto outcome = ahead.run(100);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::not_found);
    EXPECT_EQ(ahead.order, upTo(30));
    EXPECT_EQ(ahead.runningAtEnd, 0u);
    EXPECT_LT(ahead.fetches, 60u);
}

TEST(Ahead, ends_when_a_result_cannot_be_taken) {
    Fixture ahead;
    ahead.takeFailsAt = 5;
    auto outcome = ahead.run(100);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::disk_full);
    EXPECT_EQ(ahead.runningAtEnd, 0u);
}

TEST(Ahead, is_stopped_at_any_moment) {
    for (std::uint64_t at = 0; at < 40; ++at) {
        Fixture ahead(at);
        std::stop_source stop;
        auto how = ahead.sizeOf;
        ahead.sizeOf = [&, how](std::uint64_t index) {
            if (index == at) stop.request_stop();
            return how(index);
        };
        auto outcome = ahead.run(100, stop.get_token());
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, Kind::cancelled);
        EXPECT_EQ(ahead.runningAtEnd, 0u);
    }
    Fixture ahead;
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(ahead.run(100, stop.get_token()));
    EXPECT_EQ(ahead.fetches, 0u);
}

TEST(Ahead, has_nothing_to_do_where_there_is_nothing) {
    Fixture ahead;
    EXPECT_TRUE(ahead.run(0));
}

}  // namespace
