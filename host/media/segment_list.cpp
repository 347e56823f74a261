#include "media/segment_list.h"

namespace auricle::media {

std::uint64_t SegmentList::durationMs() const {
    std::uint64_t durationUs = 0;
    for (const auto& segment : segments) durationUs += segment.durationUs;
    return durationUs / 1000;
}

std::uint64_t SegmentList::rangedBytes() const {
    std::uint64_t bytes = 0;
    for (const auto& segment : segments) {
        if (segment.range.isWhole()) return 0;
        bytes += segment.range.length;
    }
    return bytes;
}

}  // namespace auricle::media
