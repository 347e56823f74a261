// One entry of an edit list: which part of a track is played (ISO/IEC 14496-12 section 8.6.6).
#pragma once

#include <cstdint>

namespace auricle::media {

struct Edit {
    std::uint64_t duration = 0;  ///< ticks of the movie; 0: to the end of the track
    /// Ticks of the track; -1: nothing is played for `duration`.
    std::int64_t mediaTime = 0;
    std::uint32_t rate = 0x10000;  ///< 16.16 fixed point

    bool operator==(const Edit&) const = default;
};

}  // namespace auricle::media
