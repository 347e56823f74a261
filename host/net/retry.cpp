#include "net/retry.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <memory>
#include <random>

#include "net/libcurl.h"

namespace auricle::net {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t longestPauseMs = 3'600'000;

asio::awaitable<Result<void>> sleepOnLoop(std::chrono::milliseconds pause, std::stop_token stop) {
    asio::steady_timer timer(co_await asio::this_coro::executor, pause);
    std::stop_callback onStop(stop, [&timer] { timer.cancel(); });
    if (!stop.stop_requested()) co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    co_return Result<void>{};
}

}  // namespace

Timing realTiming() {
    auto generator = std::make_shared<std::mt19937_64>(std::random_device{}());
    return {.sleep = sleepOnLoop,
            .chance = [generator] { return std::uniform_real_distribution<double>(0, 1)(*generator); }};
}

std::chrono::milliseconds backoff(const RetryPolicy& policy, unsigned attempt, double chance) {
    auto ceiling = policy.base;
    for (unsigned i = 1; i < attempt && ceiling < policy.cap; ++i) ceiling *= 2;
    ceiling = std::min(ceiling, policy.cap);
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * chance));
}

bool statusMayPass(int status) {
    if (status == 408 || status == 425 || status == 429) return true;
    return status >= 500 && status <= 599 && status != 501 && status != 505;
}

std::optional<std::int64_t> retryAfterMs(const Headers& headers, std::chrono::system_clock::time_point now) {
    auto value = headers.find("retry-after");
    if (!value) return std::nullopt;
    std::int64_t seconds = 0;
    auto [end, fault] = std::from_chars(value->data(), value->data() + value->size(), seconds);
    if (fault == std::errc::result_out_of_range) return longestPauseMs;
    if (fault == std::errc{} && end == value->data() + value->size()) {
        if (seconds < 0) return std::nullopt;
        return std::min(seconds, longestPauseMs / 1000) * 1000;
    }
    std::time_t date = libcurl().getdate(std::string(*value).c_str(), nullptr);
    if (date == -1) return std::nullopt;
    auto untilMs = (static_cast<std::int64_t>(date) - std::chrono::system_clock::to_time_t(now)) * 1000;
    return std::clamp<std::int64_t>(untilMs, 0, longestPauseMs);
}

}  // namespace auricle::net
