// Cuts sound that comes as one run of bytes, in pieces that end anywhere, into its frames: AAC in ADTS, MPEG
// audio, AC-3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "media/ac3.h"
#include "media/adts.h"
#include "media/audio_frame.h"
#include "media/sample_batch.h"
#include "system/error.h"

namespace auricle::media {

enum class Coding : std::uint8_t { aac, mpeg, ac3 };

/// What the frames of one run begin with, in full.
using FrameHeader = std::variant<Adts, AudioFrame, Ac3>;
std::uint32_t sampleRateOf(const FrameHeader& header);  ///< Hz

class FrameCutter {
  public:
    explicit FrameCutter(Coding coding) : coding_(coding) {}

    /// Adds to `into` the frames that are whole with these bytes: AAC without its ADTS headers, the others as
    /// they are; ticks count the frames' own sample rate. Bytes before the first frame are passed over. Fails
    /// with not_media where bytes that are no frame follow one (some are missing), where the configuration
    /// changes, or the coding is one that an MP4 cannot be written for.
    Result<void> push(std::span<const std::byte> bytes, SampleBatch& into);
    /// What follows does not belong to what came before: forgets a frame that has begun.
    void breakOff();

    bool isEmpty() const { return held_.empty(); }  ///< no frame has begun
    /// Of the first frame; nothing before it.
    const std::optional<FrameHeader>& header() const { return header_; }
    Coding coding() const { return coding_; }

  private:
    struct Found;
    std::optional<Found> frameAt(std::span<const std::byte> bytes) const;
    Result<std::size_t> next(std::span<const std::byte> rest, SampleBatch& into);
    Result<void> take(const Found& found, std::span<const std::byte> frame, SampleBatch& into);
    std::optional<std::size_t> firstFrame(std::span<const std::byte> rest) const;

    Coding coding_;
    std::optional<FrameHeader> header_;
    std::vector<std::byte> held_;
    bool isInStep_ = false;  ///< what comes next is a frame's beginning
};

}  // namespace auricle::media
