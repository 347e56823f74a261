// The sound in the segments of a fragmented MP4 (CMAF): an initialization section read once, and segments
// against it (ISO/IEC 14496-12 section 8.8, ISO/IEC 23000-19).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "media/m4a.h"
#include "media/movie.h"
#include "media/sample_batch.h"
#include "system/error.h"

namespace auricle::media {

class SegmentMp4 {
  public:
    /// `section`: the initialization section, or a segment that begins with its own; `language` as in
    /// pickSound(). Fails as that does, and with not_media where there is no moov in it.
    static Result<SegmentMp4> open(std::span<const std::byte> section, std::string_view language);

    const AudioFormat& format() const { return format_; }

    /// Whether these bytes begin like boxes of a fragmented MP4.
    static bool isOne(std::span<const std::byte> bytes);
    /// Whether a segment has a moov of its own.
    static bool hasInit(std::span<const std::byte> segment);

    /// Adds the sound of a segment, in ticks of format().timescale; gives the decode time of its first
    /// sample, nothing where it has none. Fails with drm_protected, or with not_media where it is damaged,
    /// cut off, or changes its format.
    Result<std::optional<std::uint64_t>> read(std::span<const std::byte> segment, SampleBatch& into);

  private:
    Movie movie_;
    std::size_t track_ = 0;  ///< index in movie_.tracks
    AudioFormat format_;
};

}  // namespace auricle::media
