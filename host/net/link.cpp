#include "net/link.h"

#include <algorithm>

namespace auricle::net {
namespace {

/// What a part of a multipart answer costs beside its bytes: delimiter and headers.
constexpr std::uint64_t partOverheadBytes = 300;
/// What a request and the head of its answer cost.
constexpr std::uint64_t requestOverheadBytes = 600;
constexpr std::size_t mostGapBytes = 256 * 1024;
constexpr std::size_t fewRanges = 50, manyRanges = 150;
constexpr std::uint64_t smallBatchBytes = 128 * 1024;
constexpr std::size_t connections = 6;
constexpr std::size_t fewStreams = 4, mostStreams = 64;
constexpr std::uint64_t leastUnderWayBytes = 2u << 20;
constexpr auto longestPause = std::chrono::milliseconds(10), leastBurst = std::chrono::milliseconds(5);
constexpr std::uint64_t leastBurstBytes = 128 * 1024, largeBurstBytes = 512 * 1024;
constexpr std::size_t mostPaces = 9;

double toMs(Link::Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void Link::answered(Clock::duration after, bool isHttp2) {
    isHttp2_ = isHttp2;
    roundTripMs_ = roundTripMs_ == 0 ? toMs(after) : std::min(roundTripMs_, toMs(after));
}

/// A link shows what it carries while bytes come without a pause; what comes between pauses says more of the
/// requests than of the link.
void Link::received(std::uint64_t bytes, Clock::time_point now) {
    bool goesOn = lastReceived_ && now - *lastReceived_ <= longestPause;
    lastReceived_ = now;
    if (!goesOn) {
        // What came first began to come before the burst can be timed.
        burstBegan_ = now;
        burstBytes_ = 0;
        return;
    }
    burstBytes_ += bytes;
    auto took = now - burstBegan_;
    bool isLong = took >= leastBurst || burstBytes_ >= largeBurstBytes;
    if (burstBytes_ < leastBurstBytes || !isLong || took <= Clock::duration::zero()) return;
    if (paces_.size() == mostPaces) paces_.erase(paces_.begin());
    paces_.push_back(static_cast<double>(burstBytes_) / toMs(took));
    burstBegan_ = now;
    burstBytes_ = 0;
}

double Link::bytesPerMs() const {
    if (paces_.empty()) return 0;
    auto sorted = paces_;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
}

void Link::granted(std::size_t ranges, std::uint64_t bytes) {
    if (ranges < 2) return;
    many_ = Many::granted;
    bool isSmall = ranges == mostRanges_ && bytes < smallBatchBytes;
    if (mayGrow_ && isSmall) mostRanges_ = manyRanges;
}

void Link::refused(std::size_t ranges) {
    if (ranges > fewRanges) {
        mayGrow_ = false;
        mostRanges_ = fewRanges;
    } else {
        many_ = Many::refused;
    }
}

bool Link::wantsMore(std::size_t requests, std::uint64_t bytes) const {
    if (!isHttp2_) return requests < connections;
    return requests < fewStreams || (requests < mostStreams && bytes < leastUnderWayBytes);
}

double Link::leastMs(double requests) const {
    return isHttp2_ ? 0 : requests * roundTripMs_ / static_cast<double>(connections);
}

double Link::slotBytes() const {
    return bytesPerMs() * roundTripMs_ / static_cast<double>(isHttp2_ ? mostStreams : connections);
}

bool Link::isCheaperJoined(std::uint64_t spanBytes, std::uint64_t gapBytes, std::uint64_t pieceBytes) const {
    if (many_ != Many::refused) return gapBytes <= partOverheadBytes;
    if (gapBytes > mostGapBytes) return false;
    auto cost = [slot = slotBytes()](std::uint64_t bytes) {
        return std::max(static_cast<double>(bytes + requestOverheadBytes), slot);
    };
    return cost(spanBytes + gapBytes + pieceBytes) <= cost(spanBytes) + cost(pieceBytes);
}

}  // namespace auricle::net
