// How often something may happen: so many times an hour, of which some may follow on each other at once.
#pragma once

#include <algorithm>
#include <chrono>

namespace auricle::vault {

/// Times are those of one clock that only goes forward.
class TokenBucket {
  public:
    using Instant = std::chrono::milliseconds;

    /// Both are 1 or more.
    TokenBucket(unsigned perHour, unsigned burst) : interval_(std::chrono::hours(1)), burst_(burst) {
        interval_ /= perHour;
    }

    /// How long until `tokens` of them are there (no more than the burst); 0: they are.
    std::chrono::milliseconds wait(Instant now, unsigned tokens = 1) const {
        return std::max(Instant{0}, fullAt_ - now - interval_ * (burst_ - std::min(tokens, burst_)));
    }
    /// Takes one that is there, or the next that will be.
    void take(Instant now) { fullAt_ = std::max(fullAt_, now) + interval_; }
    void giveBack() { fullAt_ -= interval_; }
    bool isFull(Instant now) const { return fullAt_ <= now; }

  private:
    std::chrono::milliseconds interval_;
    unsigned burst_;
    Instant fullAt_{0};  ///< when it will be full again, if nothing more is taken
};

}  // namespace auricle::vault
