// The header of one frame of MPEG audio (MP3 and its layers) or of AAC in ADTS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace auricle::media {

struct AudioFrame {
    enum class Kind : std::uint8_t { mpeg, adts };
    Kind kind = Kind::mpeg;
    std::uint8_t version = 0, layer = 0;  ///< as in the header's bits; the same through a stream
    bool isMono = false;                  ///< MPEG: says where a Xing header stands
    std::uint32_t sampleRate = 0;         ///< Hz
    std::uint32_t samples = 0;            ///< in this frame
    std::uint32_t bytes = 0;              ///< of this frame with its header

    bool isOfSameStream(const AudioFrame& other) const {
        return kind == other.kind && version == other.version && layer == other.layer &&
               sampleRate == other.sampleRate;
    }
};

constexpr std::size_t audioFrameHeaderBytes = 7;

/// The frame whose header these bytes begin with, or nothing. 7 bytes are enough, 4 for MPEG audio.
/// Free-format MPEG audio (no bit rate in the header) is not read. ISO/IEC 11172-3 section 2.4.1.3; ISO/IEC
/// 13818-7 section 6.2.
std::optional<AudioFrame> audioFrameAt(std::span<const std::byte> bytes);

}  // namespace auricle::media
