#include "media/ac3.h"

#include "media/fields.h"

namespace auricle::media {
namespace {

constexpr std::array<std::uint32_t, 3> sampleRates{48000, 44100, 32000};
constexpr std::array<std::uint16_t, 19> kilobits{32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                                 192, 224, 256, 320, 384, 448, 512, 576, 640};
constexpr std::array<std::uint16_t, 8> channelsOfMode{2, 1, 2, 3, 3, 4, 4, 5};
constexpr std::uint8_t highestStreamId = 8;  // above are its half-rate forms and E-AC-3

/// Whole 16-bit words; at 44.1 kHz every other frame is one longer, which the lowest bit of the code tells.
std::uint32_t frameBytes(std::uint32_t sampleRate, std::uint32_t bitsPerSecond, bool isLong) {
    auto words = bitsPerSecond / 16 * std::uint64_t{ac3FrameSamples} / sampleRate;
    return static_cast<std::uint32_t>(words + (isLong && sampleRate == 44100 ? 1 : 0)) * 2;
}

}  // namespace

std::optional<Ac3> ac3At(std::span<const std::byte> bytes) {
    if (bytes.size() < ac3HeaderBytes) return std::nullopt;
    auto header = Fields(bytes).u64();
    if (header >> 48 != 0x0b77) return std::nullopt;
    Ac3 frame{.rateCode = static_cast<std::uint8_t>(header >> 30 & 3),
              .bitRateCode = static_cast<std::uint8_t>(header >> 25 & 31),
              .streamId = static_cast<std::uint8_t>(header >> 19 & 31),
              .streamMode = static_cast<std::uint8_t>(header >> 16 & 7),
              .channelMode = static_cast<std::uint8_t>(header >> 13 & 7)};
    if (frame.rateCode >= sampleRates.size() || frame.bitRateCode >= kilobits.size() ||
        frame.streamId > highestStreamId)
        return std::nullopt;
    // Levels for mixing down stand before the flag, two bits each, where the mode has such channels.
    auto mode = frame.channelMode;
    int levels = (mode & 1 && mode != 1 ? 1 : 0) + (mode & 4 ? 1 : 0) + (mode == 2 ? 1 : 0);
    frame.hasLowFrequencies = header >> (12 - 2 * levels) & 1;
    frame.sampleRate = sampleRates[frame.rateCode];
    frame.bytes = frameBytes(frame.sampleRate, kilobits[frame.bitRateCode] * 1000u, (header >> 24 & 1) != 0);
    frame.channels = static_cast<std::uint16_t>(channelsOfMode[mode] + (frame.hasLowFrequencies ? 1 : 0));
    return frame;
}

std::array<std::byte, 3> ac3Configuration(const Ac3& header) {
    auto bits = header.rateCode << 22 | header.streamId << 17 | header.streamMode << 14 |
                header.channelMode << 11 | (header.hasLowFrequencies ? 1 << 10 : 0) | header.bitRateCode << 5;
    return {static_cast<std::byte>(bits >> 16 & 0xff), static_cast<std::byte>(bits >> 8 & 0xff),
            static_cast<std::byte>(bits & 0xff)};
}

}  // namespace auricle::media
