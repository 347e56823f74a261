// HLS playlists: what a master offers, and which segments a rendition has (RFC 8216 and
// draft-pantos-hls-rfc8216bis).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/hls_attributes.h"
#include "media/segment_list.h"
#include "system/error.h"

namespace auricle::media {

/// A playlist longer than this is too_large, whoever sends it.
constexpr std::size_t mostPlaylistBytes = 8u << 20;

/// EXT-X-STREAM-INF. Those of EXT-X-I-FRAME-STREAM-INF have no sound and are left out.
struct HlsVariant {
    std::string uri;
    std::uint64_t bandwidth = 0;         ///< bits a second, the peak
    std::uint64_t averageBandwidth = 0;  ///< bits a second; 0: not said
    std::string codecs;                  ///< RFC 6381; may be empty
    std::string audioGroup;              ///< empty: its sound is in its own segments
    bool hasResolution = false;

    /// CODECS names sound alone and there is no RESOLUTION.
    bool isAudioOnly() const;
    /// Bits a second by which its size is reckoned.
    std::uint64_t typicalBandwidth() const { return averageBandwidth ? averageBandwidth : bandwidth; }
};

/// EXT-X-MEDIA with TYPE=AUDIO.
struct HlsRendition {
    std::string uri;  ///< empty: it is in the segments of the variants that name its group
    std::string group, name;
    std::string language;  ///< BCP 47; may be empty
    bool isDefault = false, isAutoselect = false;
};

struct HlsMaster {
    std::vector<HlsVariant> variants;
    std::vector<HlsRendition> audio;
    HlsDefinitions definitions;  ///< what its media playlists may import (EXT-X-DEFINE)
};

struct HlsMedia {
    SegmentList list;
    std::uint64_t targetDurationMs = 0;
    std::uint64_t mediaSequence = 0;  ///< the number of the first segment
    bool isEvent = false;             ///< EXT-X-PLAYLIST-TYPE:EVENT: grows at its end alone
    bool isEnded = false;             ///< EXT-X-ENDLIST or type VOD: nothing more will come
};

using HlsPlaylist = std::variant<HlsMaster, HlsMedia>;

/// What a playlist may take from outside (EXT-X-DEFINE).
struct HlsContext {
    HlsDefinitions definitions{};  ///< the master's, for IMPORT
    /// A parameter of the query by which the playlist was reached, decoded; may be empty.
    std::function<std::optional<std::string>(std::string_view name)> queryParameter{};
};

/// True for what begins as a playlist does, a byte order mark passed over.
bool looksLikeHls(std::string_view text);

/// Fails with drm_protected for every key but AES-128 with KEYFORMAT identity (wherever it stands, whether it
/// is used or not), with too_large, and with not_media and a sentence that names the line. Tags that are not
/// known are passed over (RFC 8216 section 6.3.1).
Result<HlsPlaylist> readHlsPlaylist(std::string_view text, const HlsContext& context = {});

}  // namespace auricle::media
