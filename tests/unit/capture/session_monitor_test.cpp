#include "capture/session_monitor.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

namespace auricle::capture {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

const vault::Key key{.site = "mubi", .origin = "https://mubi.com", .store = "0"};
const vault::Key other{.site = "mubi", .origin = "https://mubi.com", .store = "firefox-container-2"};

/// A monitor whose pauses take no time, with a site that answers from a script.
class SessionMonitorTest : public testing::Test {
  protected:
    void make(std::chrono::milliseconds every) {
        SessionMonitor::Parts parts;
        parts.ask = [this](vault::Key of, std::stop_token) -> asio::awaitable<Result<sites::Login>> {
            asked.push_back(of.store);
            Result<sites::Login> answer = sites::Login{};
            if (!answers.empty()) {
                answer = std::move(answers.front());
                answers.pop_front();
            }
            if (onAsked) onAsked();
            co_return answer;
        };
        parts.generation = [this](const vault::Key&) { return std::optional(generation); };
        parts.renew = [this](vault::Key, std::string reason, std::optional<std::uint64_t> known,
                             std::stop_token) -> asio::awaitable<Result<void>> {
            renewed.push_back(std::move(reason));
            knew.push_back(known.value_or(0));
            co_return Result<void>{};
        };
        parts.tell = [](const vault::Key&, const Result<sites::Login>&) {};
        parts.timing = {.sleep = [this](std::chrono::milliseconds pause,
                                        std::stop_token stop) -> asio::awaitable<Result<void>> {
                            pauses.push_back(pause);
                            asio::steady_timer turn(co_await asio::this_coro::executor, 0ms);
                            co_await turn.async_wait(asio::use_awaitable);
                            if (stop.stop_requested()) co_return fail(Kind::cancelled, "stopped");
                            co_return Result<void>{};
                        },
                        .chance = [this] { return chance; }};
        parts.now = [] { return std::chrono::system_clock::time_point(1'000'000'000s); };
        parts.every = every;
        monitor = std::make_unique<SessionMonitor>(loop.get_executor(), std::move(parts));
    }
    /// Until the site has been asked so often.
    void runUntilAsked(std::size_t times) {
        while (asked.size() < times && loop.run_one() > 0) {
        }
    }
    /// Those before which the site was asked: the next one has begun already.
    std::vector<std::chrono::milliseconds> firstPauses() const {
        return {pauses.begin(), pauses.begin() + static_cast<std::ptrdiff_t>(asked.size())};
    }
    static Result<sites::Login> endingIn(std::chrono::milliseconds left) {
        return sites::Login{.account = {}, .expiresAtMs = 1'000'000'000'000 + left.count()};
    }

    asio::io_context loop;
    std::deque<Result<sites::Login>> answers;
    std::vector<std::string> asked, renewed;
    std::vector<std::chrono::milliseconds> pauses;
    std::function<void()> onAsked;
    std::uint64_t generation = 1;
    std::vector<std::uint64_t> knew;
    double chance = 0.5;
    std::unique_ptr<SessionMonitor> monitor;
};

TEST_F(SessionMonitorTest, asks_at_the_interval_while_a_session_is_used_and_not_a_moment_longer) {
    make(300s);
    auto use = monitor->use(key);
    runUntilAsked(3);
    EXPECT_EQ(firstPauses(), (std::vector<std::chrono::milliseconds>{300s, 300s, 300s}));
    use = {};
    loop.run();
    EXPECT_EQ(asked.size(), 3u);
}

TEST_F(SessionMonitorTest, asks_a_fifth_sooner_or_later_by_chance) {
    make(100s);
    chance = 0;
    auto use = monitor->use(key);
    runUntilAsked(1);
    chance = 1;
    runUntilAsked(2);
    EXPECT_EQ(pauses[0], 80s);
    loop.run_one();
    EXPECT_EQ(pauses.back(), 120s);
    use = {};
    loop.run();
}

TEST_F(SessionMonitorTest, asks_once_for_all_captures_of_one_session_and_apart_for_each_session) {
    make(1s);
    auto first = monitor->use(key), second = monitor->use(key), third = monitor->use(other);
    runUntilAsked(4);
    EXPECT_EQ(std::ranges::count(asked, key.store), 2);
    EXPECT_EQ(std::ranges::count(asked, other.store), 2);
    first = {};
    third = {};
    asked.clear();
    runUntilAsked(2);
    EXPECT_EQ(asked, (std::vector<std::string>{key.store, key.store}));
    second = {};
    loop.run();
}

TEST_F(SessionMonitorTest, asks_nothing_where_there_is_to_be_no_heartbeat) {
    make(0s);
    auto use = monitor->use(key);
    loop.run();
    EXPECT_TRUE(asked.empty());
}

TEST_F(SessionMonitorTest, has_a_session_renewed_that_is_over_and_one_that_will_be_soon) {
    make(300s);
    answers = {fail(Kind::login_required, "over"), endingIn(9min), endingIn(11min), sites::Login{}};
    auto use = monitor->use(key);
    runUntilAsked(4);
    EXPECT_EQ(renewed, (std::vector<std::string>{"session_expired", "stale"}));
    // What ends in eleven minutes is looked at again when ten are left.
    EXPECT_EQ(firstPauses(), (std::vector<std::chrono::milliseconds>{300s, 300s, 300s, 60s}));
    use = {};
    loop.run();
}

TEST_F(SessionMonitorTest, waits_as_long_as_the_site_asks_for_and_lets_pass_what_is_not_about_the_session) {
    make(300s);
    Error busy{.kind = Kind::rate_limited, .message = "busy", .retryable = true, .retryAfterMs = 900'000};
    answers = {std::unexpected(busy), fail(Kind::network, "away"), fail(Kind::forbidden, "no")};
    auto use = monitor->use(key);
    runUntilAsked(3);
    EXPECT_EQ(firstPauses(), (std::vector<std::chrono::milliseconds>{300s, 900s, 300s}));
    EXPECT_TRUE(renewed.empty());
    use = {};
    loop.run();
}

TEST_F(SessionMonitorTest, looks_at_a_session_that_comes_in_once) {
    make(300s);
    answers = {fail(Kind::login_required, "over")};
    monitor->look(key);
    loop.run();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ(renewed, std::vector<std::string>{"session_expired"});
}

TEST_F(SessionMonitorTest, wants_nothing_newer_than_what_came_in_while_it_asked) {
    make(300s);
    answers = {fail(Kind::login_required, "over")};
    onAsked = [this] { generation = 2; };
    monitor->look(key);
    loop.run();
    EXPECT_EQ(knew, std::vector<std::uint64_t>{1});
}

TEST_F(SessionMonitorTest, does_nothing_more_once_it_is_stopped_while_the_site_is_asked) {
    make(300s);
    answers = {fail(Kind::login_required, "over")};
    onAsked = [this] { monitor->stop(); };
    auto use = monitor->use(key);
    loop.run();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_TRUE(renewed.empty());
}

}  // namespace
}  // namespace auricle::capture
