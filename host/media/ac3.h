// The header of an AC-3 frame, and the box that says the same in an MP4 (ETSI TS 102 366 section 4.3 and
// annex F).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace auricle::media {

struct Ac3 {
    std::uint8_t rateCode = 0, bitRateCode = 0, streamId = 0, streamMode = 0, channelMode = 0;
    bool hasLowFrequencies = false;
    std::uint32_t sampleRate = 0;  ///< Hz
    std::uint32_t bytes = 0;       ///< of the frame
    std::uint16_t channels = 0;

    bool isOfSameConfiguration(const Ac3& other) const {
        return rateCode == other.rateCode && streamId == other.streamId && channelMode == other.channelMode &&
               hasLowFrequencies == other.hasLowFrequencies;
    }
};

constexpr std::size_t ac3HeaderBytes = 8;
constexpr std::uint32_t ac3FrameSamples = 1536;

/// The header that these bytes begin with, or nothing, as for E-AC-3. 8 bytes are enough.
std::optional<Ac3> ac3At(std::span<const std::byte> bytes);

/// The payload of the box dac3.
std::array<std::byte, 3> ac3Configuration(const Ac3& header);

}  // namespace auricle::media
