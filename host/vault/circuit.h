// What has failed several times in a row is left alone for a while, longer each time; then it is tried once.
#pragma once

#include <algorithm>
#include <chrono>

namespace auricle::vault {

struct CircuitRules {
    unsigned opensAfter = 3;  ///< failures in a row
    std::chrono::milliseconds rest{600'000};
    std::chrono::milliseconds longestRest{3'600'000};
};

/// Times are those of one clock that only goes forward.
class Circuit {
  public:
    using Instant = std::chrono::milliseconds;

    explicit Circuit(CircuitRules rules) : rules_(rules) {}

    /// How long nothing is to be tried; 0: it may be.
    std::chrono::milliseconds rest(Instant now) const { return std::max(Instant{0}, openUntil_ - now); }
    bool isOpen(Instant now) const { return rest(now).count() > 0; }
    /// No failure is remembered.
    bool isSound() const { return failures_ == 0; }
    void succeeded() {
        failures_ = 0;
        openUntil_ = Instant{0};
    }
    void failed(Instant now) {
        if (++failures_ < rules_.opensAfter) return;
        auto rest = rules_.rest;
        for (unsigned more = rules_.opensAfter; more < failures_ && rest < rules_.longestRest; ++more)
            rest *= 2;
        openUntil_ = now + std::min(rest, rules_.longestRest);
    }

  private:
    CircuitRules rules_;
    unsigned failures_ = 0;
    Instant openUntil_{0};
};

}  // namespace auricle::vault
