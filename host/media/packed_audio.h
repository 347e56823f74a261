// A segment of HLS that is nothing but frames of sound behind an ID3 tag with their time (RFC 8216 section
// 3.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media/frame_cutter.h"
#include "system/error.h"

namespace auricle::media {

struct PackedAudio {
    Coding coding = Coding::aac;
    std::optional<std::uint64_t> pts{};   ///< of the first frame, 33 bits of 90 kHz ticks
    std::span<const std::byte> frames;  ///< all behind the tags
};

/// Borrows the bytes. Nothing where no frames follow the tags; fails with not_media for frames of a coding
/// that cannot be taken (E-AC-3), and where the tag is cut.
Result<std::optional<PackedAudio>> readPackedAudio(std::span<const std::byte> segment);

}  // namespace auricle::media
