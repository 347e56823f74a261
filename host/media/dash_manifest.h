// DASH manifests: which sound there is in each period, and the segments of the one that is taken
// (ISO/IEC 23009-1, static presentations).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/segment_list.h"
#include "system/error.h"

namespace auricle::media {

/// Where a period's sound is: in segments that are listed, or in one file whose index has to be read first.
struct DashSource {
    std::vector<std::string> base;  ///< as in SegmentList::bases
    std::optional<SegmentInit> init{};
    std::vector<Segment> segments{};  ///< empty for a file
    /// Of the file at `base`: its sidx box (ISO/IEC 14496-12 section 8.16.3).
    std::optional<ByteRange> index{};

    /// One resource of which nothing says how it is divided.
    bool isWholeFile() const { return segments.empty() && !index; }
};

/// One representation in each period, to be played one after the other.
struct DashTrack {
    std::string language;  ///< BCP 47; may be empty
    std::string mime, codecs;
    std::uint64_t bandwidth = 0;  ///< bits a second, of the first period
    bool isMuxed = false;         ///< pictures are in its segments too
    std::vector<DashSource> periods;
};

struct DashManifest {
    std::uint64_t durationMs = 0;     ///< 0: not known
    std::uint64_t mostBandwidth = 0;  ///< bits a second: the best picture and the best sound together
    std::vector<DashTrack> tracks;    ///< the one to be taken first, then what can stand in for it
};

/// True for what begins as a manifest does: white space, a declaration and comments passed over.
bool looksLikeDash(std::string_view text);

/// `language`: BCP 47, empty for the one that the manifest itself prefers. Tracks of another language are
/// left out where there is one in it. Fails with drm_protected for a ContentProtection wherever it stands,
/// not_ready_yet for a live presentation, too_large, and not_media.
Result<DashManifest> readDashManifest(std::string_view text, std::string_view language = {});

}  // namespace auricle::media
