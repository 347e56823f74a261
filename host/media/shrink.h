// A sound file that is too large for where it goes, encoded anew as mono at the rate that fits.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

#include "media/ffmpeg.h"
#include "system/error.h"

namespace auricle::media {

struct ShrinkRate {
    std::uint32_t bitsPerSecond = 0;
    std::uint32_t sampleRate = 0;  ///< Hz
};

/// Below this speech is hard to follow.
constexpr std::uint32_t fewestBitsPerSecond = 24'000;

/// The rate at which so long a sound fits with its container; nothing where even the lowest does not, or the
/// duration is 0.
std::optional<ShrinkRate> rateThatFits(std::uint64_t durationMs, std::uint64_t maxBytes);

struct Shrunk {
    std::uint64_t bytes = 0;
    ShrinkRate rate;
};

/// Writes `work.output`, at most `maxBytes` long, and looks that it is: where ffmpeg took more than it was
/// told, once more at a lower rate. work.durationMs is needed. Errors: too_large (sizeBytes: that of the
/// input), and those of encodeMono(). `output` is gone after any.
boost::asio::awaitable<Result<Shrunk>> shrink(FfmpegWork work, std::uint64_t maxBytes);

}  // namespace auricle::media
