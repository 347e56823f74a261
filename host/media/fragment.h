// A movie fragment (`moof`): how far each track goes with it, where its samples are, and whether the bytes it
// names are there (ISO/IEC 14496-12 section 8.8).
#pragma once

#include <functional>
#include <optional>

#include "media/box.h"
#include "media/movie.h"
#include "system/error.h"

namespace auricle::media {

/// One `trun`: samples of one track that lie back to back.
struct FragmentRun {
    const Track* track = nullptr;
    std::uint64_t decodeTime = 0;   ///< ticks, of its first sample
    bool isTimed = false;           ///< `decodeTime` was said by the file (tfdt), not added up
    std::uint32_t description = 0;  ///< index of the sample entry, from 1; 0: the track's default
    std::uint64_t offset = 0;       ///< of its first sample in the file, bytes
    std::uint64_t bytes = 0;        ///< of all its samples
    std::uint32_t samples = 0;
    Box box{};  ///< the trun
    std::uint32_t defaultDuration = 0, defaultSize = 0;
};

/// What is told of each run of a fragment, in the file's order; its error ends the reading.
using OnRun = std::function<Result<void>(const FragmentRun&)>;

/// Adds the fragment to its tracks (fragmentsEnd, fragmentSamples) and to movie.isEncrypted. Fails with
/// not_media where it contradicts itself or names bytes beyond the file.
Result<void> readFragment(Window& window, const Box& moof, Movie& movie, const OnRun& onRun = {});

struct FragmentSample {
    std::uint32_t bytes = 0, ticks = 0;
    std::int32_t shift = 0;   ///< composition offset, ticks
    std::uint32_t count = 1;  ///< so many equal ones
};

/// The samples of a run in order. Where the run says nothing of single samples they come as one with their
/// count, so that the work is bounded by the bytes of the file.
Result<void> eachSample(Window& window, const FragmentRun& run,
                        const std::function<void(const FragmentSample&)>& take);

}  // namespace auricle::media
