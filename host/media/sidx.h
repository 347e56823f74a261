// The segment index of an MP4 file: which bytes are which part of it (ISO/IEC 14496-12 section 8.16.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/segment_list.h"
#include "system/error.h"

namespace auricle::media {

struct IndexedPart {
    ByteRange range;  ///< in the file
    std::uint64_t durationUs = 0;
};

/// `bytes` begin at `offset` in the file and hold the whole sidx box, maybe behind others. Fails with
/// not_media where they hold none, or one that names further indexes instead of media.
Result<std::vector<IndexedPart>> readSidx(std::span<const std::byte> bytes, std::uint64_t offset);

}  // namespace auricle::media
