// The segments of one rendition, in the order in which they are played: what HLS and DASH have in common once
// their manifests are read. References are kept as they are written; whoever fetches resolves them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace auricle::media {

/// More than any recording has (ten hours in segments of a fifth of a second), and few enough to be held.
constexpr std::size_t mostSegments = 200'000;

/// A part of a resource. `length` 0: the whole resource, and `offset` is 0 then.
struct ByteRange {
    std::uint64_t offset = 0;  ///< bytes
    std::uint64_t length = 0;  ///< bytes

    bool isWhole() const { return length == 0; }
    bool operator==(const ByteRange&) const = default;
};

/// AES-128 in CBC mode over whole segments (RFC 8216 section 4.3.2.4).
struct SegmentKey {
    using Iv = std::array<std::byte, 16>;
    std::string uri;
    std::optional<Iv> iv{};  ///< nothing: the number of each segment, see Segment::defaultIv()

    bool operator==(const SegmentKey&) const = default;
};

/// What has to be read before a segment can be: EXT-X-MAP, or DASH's Initialization.
struct SegmentInit {
    std::string uri;
    ByteRange range{};
    std::uint32_t base = 0;              ///< index into SegmentList::bases
    std::optional<std::uint32_t> key{};  ///< index into SegmentList::keys

    bool operator==(const SegmentInit&) const = default;
};

struct Segment {
    std::string uri;
    ByteRange range{};
    std::uint64_t durationUs = 0;         ///< microseconds; 0: not known
    std::uint64_t number = 0;             ///< the media sequence number; DASH: its place in the whole list
    std::uint32_t base = 0;               ///< index into SegmentList::bases
    std::optional<std::uint32_t> init{};  ///< index into SegmentList::inits
    std::optional<std::uint32_t> key{};   ///< index into SegmentList::keys
    bool isDiscontinuous = false;         ///< its time stamps, and maybe its coding, begin anew
    bool isGap = false;                   ///< the manifest itself says that it is missing (EXT-X-GAP)
    bool mayBeMissing = false;            ///< DASH: the last one, reckoned from a duration that is rounded

    /// Its number as a big-endian 128-bit integer (RFC 8216 section 5.2).
    SegmentKey::Iv defaultIv() const {
        SegmentKey::Iv iv{};
        for (std::size_t i = 0; i < 8; ++i) iv[15 - i] = std::byte(number >> 8 * i & 0xff);
        return iv;
    }
};

struct SegmentList {
    /// For each base the references that lead to it, to be resolved one after the other beginning at the
    /// manifest's own URL (DASH's BaseURL elements). Never empty.
    std::vector<std::vector<std::string>> bases{{}};
    std::vector<SegmentInit> inits;
    std::vector<SegmentKey> keys;
    std::vector<Segment> segments;

    std::uint64_t durationMs() const;
    /// The sum of the byte ranges; 0 where a segment is a resource of its own.
    std::uint64_t rangedBytes() const;
};

}  // namespace auricle::media
