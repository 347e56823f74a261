// Trying again: full-jitter exponential backoff, where a server's own Retry-After wins.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "net/http.h"
#include "system/error.h"

namespace auricle::net {

/// Clock and chance, handed in so that tests can turn them.
struct Timing {
    /// Waits, or returns Kind::cancelled as soon as `stop` is stopped.
    std::function<boost::asio::awaitable<Result<void>>(std::chrono::milliseconds, std::stop_token)> sleep;
    std::function<double()> chance;  ///< uniform in [0, 1)
};
/// The real ones: the loop's steady timer and the system's generator.
Timing realTiming();

struct RetryPolicy {
    unsigned attempts = 6;  ///< in a row without progress
    std::chrono::milliseconds base{500};
    std::chrono::milliseconds cap{30'000};
};

/// The pause before try number `attempt` (1 for the first repetition): uniform in [0, min(cap,
/// base·2^(attempt-1))].
std::chrono::milliseconds backoff(const RetryPolicy& policy, unsigned attempt, double chance);

/// Statuses that may pass: 408, 425, 429, 500, 502, 503, 504 and other 5xx but 501 and 505.
bool statusMayPass(int status);
/// Retry-After as seconds or as an HTTP date (RFC 9110 section 10.2.3), in ms from now, at most an hour.
std::optional<std::int64_t> retryAfterMs(const Headers& headers, std::chrono::system_clock::time_point now);

/// Runs `attempt` until it succeeds, fails for good, or has failed `policy.attempts` times in a row. A
/// retryable error is tried again after a backoff or after its retryAfterMs. `madeProgress` (may be empty) is
/// asked after each failure: true starts the counter anew.
template <class T>
boost::asio::awaitable<Result<T>> withRetry(RetryPolicy policy, Timing timing, std::stop_token stop,
                                            std::function<boost::asio::awaitable<Result<T>>()> attempt,
                                            std::function<bool()> madeProgress = {}) {
    for (unsigned failures = 0;;) {
        Result<T> outcome = co_await attempt();
        if (outcome || !mayPass(outcome.error())) co_return outcome;
        if (madeProgress && madeProgress()) failures = 0;
        if (++failures >= policy.attempts) co_return outcome;
        auto pause = outcome.error().retryAfterMs ? std::chrono::milliseconds(*outcome.error().retryAfterMs)
                                                  : backoff(policy, failures, timing.chance());
        if (auto slept = co_await timing.sleep(pause, stop); !slept) co_return std::unexpected(slept.error());
    }
}

}  // namespace auricle::net
