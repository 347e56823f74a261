// How long to wait before a backend is asked for jobs again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/retry.h"

namespace auricle::capture {

/// Not at all after an answer that brought a job, or that was kept back as it was asked to be; ever longer,
/// up to five minutes, after one that came at once and brought nothing, or failed. What the backend itself
/// says (Retry-After) wins.
class PollPace {
  public:
    void useful() { inVain_ = 0; }
    /// `chance` in [0, 1): that all machines of a backend which was down do not come back at one moment.
    std::chrono::milliseconds inVain(double chance, std::optional<std::int64_t> retryAfterMs = {}) {
        ++inVain_;
        if (retryAfterMs) return std::chrono::milliseconds(*retryAfterMs);
        constexpr net::RetryPolicy policy{.base = std::chrono::seconds(2), .cap = std::chrono::minutes(5)};
        return net::backoff(policy, inVain_, (1 + chance) / 2);
    }

  private:
    unsigned inVain_ = 0;
};

}  // namespace auricle::capture
