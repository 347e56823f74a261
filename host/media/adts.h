// The header of an ADTS frame of AAC in full, and what an MP4 wants in its place (ISO/IEC 13818-7
// section 6.2, ISO/IEC 14496-3 section 1.6.2.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace auricle::media {

struct Adts {
    std::uint8_t objectType = 0;    ///< as AudioSpecificConfig counts: 1 Main, 2 LC, 3 SSR, 4 LTP
    std::uint8_t rateIndex = 0;     ///< of the table of sample rates
    std::uint8_t channels = 0;      ///< channel configuration; 0: told by the first block of the frame
    std::uint8_t blocks = 1;        ///< raw data blocks in the frame
    std::uint32_t sampleRate = 0;   ///< Hz, of the core where SBR doubles it without a word
    std::uint32_t headerBytes = 0;  ///< 7, or 9 with a checksum
    std::uint32_t bytes = 0;        ///< of the frame with its header

    bool isOfSameConfiguration(const Adts& other) const {
        return objectType == other.objectType && rateIndex == other.rateIndex && channels == other.channels;
    }
};

constexpr std::uint32_t aacFrameSamples = 1024;

/// The header that these bytes begin with, or nothing; 7 bytes are enough.
std::optional<Adts> adtsAt(std::span<const std::byte> bytes);

/// The AudioSpecificConfig of the frames. HE-AAC stays signalled as it is in ADTS, which is not at all.
std::array<std::byte, 2> audioSpecificConfig(const Adts& header);

}  // namespace auricle::media
