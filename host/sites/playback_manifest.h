// What a playback server says of one video: its renditions, and the sealed segments of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/segment_list.h"
#include "system/error.h"

namespace auricle::sites {

struct PlaybackRendition {
    std::string name;                 ///< as a key is asked for with it
    std::uint64_t bitsPerSecond = 0;  ///< 0: not known
    std::uint64_t bytes = 0;          ///< of all segments; 0: not known
    bool hasAudio = false;
    media::SegmentList list;  ///< a segment's place in it is its `segIdx`
};

struct PlaybackManifest {
    std::string videoId;
    std::string title;                          ///< fit to be shown; may be empty
    std::uint64_t durationMs = 0;               ///< 0: not known
    std::vector<PlaybackRendition> renditions;  ///< fewest bytes first; never none
};

/// not_media for what is no such description, login_required for a web page in its place.
Result<PlaybackManifest> readPlaybackManifest(const std::string& text);

}  // namespace auricle::sites
