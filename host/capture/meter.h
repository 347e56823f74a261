// How fast it goes and how long it will take, smoothed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace auricle::capture {

class Meter {
  public:
    using Clock = std::chrono::steady_clock;
    /// Begins at this many bytes, which were not fetched just now.
    void start(std::uint64_t bytes, Clock::time_point now);
    /// So many bytes are there now; to be told at even intervals, also when none came.
    void update(std::uint64_t bytes, Clock::time_point now);
    std::uint64_t rate() const { return static_cast<std::uint64_t>(rate_); }  ///< bytes a second
    /// ms until `total` bytes are there; nothing while the rate or the total is not known.
    std::optional<std::uint64_t> etaMs(std::uint64_t total) const;

  private:
    std::uint64_t bytes_ = 0;
    Clock::time_point at_{};
    double rate_ = 0;
};

}  // namespace auricle::capture
