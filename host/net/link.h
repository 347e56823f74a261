// What is learned of a link and of the server at its end while ranges are fetched, and what follows from it:
// how many requests to keep under way, and which gaps are cheaper fetched than left out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "net/range_batch.h"

namespace auricle::net {

class Link {
  public:
    using Clock = std::chrono::steady_clock;

    enum class Many { unknown, granted, refused };

    /// The head of an answer came so long after its request.
    void answered(Clock::duration after, bool isHttp2);
    /// So many bytes came, of whichever answer.
    void received(std::uint64_t bytes, Clock::time_point now);

    /// Whether one request may ask for many ranges (RFC 9110 section 14.2: a server may also ignore them).
    Many many() const { return many_; }
    /// How many ranges one request may ask for now.
    std::size_t rangesInRequest() const { return many_ == Many::refused ? 1 : mostRanges_; }
    /// A request for so many was granted. Small ones may then become longer.
    void granted(std::size_t ranges, std::uint64_t bytes);
    /// A request for so many was answered with something else.
    void refused(std::size_t ranges);

    /// Requests to keep under way: enough bytes to fill the link, few enough to cost little.
    bool wantsMore(std::size_t requests, std::uint64_t bytes) const;
    /// Whether one span over the gap between two pieces costs less than both.
    bool isCheaperJoined(std::uint64_t spanBytes, std::uint64_t gapBytes, std::uint64_t pieceBytes) const;

    /// The least time that so many requests take from now on, however fast the link is: without HTTP/2 each
    /// of the few connections brings one answer a round trip. 0: nothing can be said.
    double leastMs(double requests) const;

    double roundTripMs() const { return roundTripMs_; }  ///< 0: not known
    double bytesPerMs() const;                           ///< the median of the last bursts; 0: not known

  private:
    double slotBytes() const;

    Many many_ = Many::unknown;
    std::size_t mostRanges_ = 50;
    bool mayGrow_ = true;
    bool isHttp2_ = false;
    double roundTripMs_ = 0;
    std::vector<double> paces_;  ///< bytes a ms, of the last bursts
    Clock::time_point burstBegan_{};
    std::optional<Clock::time_point> lastReceived_;
    std::uint64_t burstBytes_ = 0;
};

}  // namespace auricle::net
