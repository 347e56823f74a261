#include "media/audio_frame.h"

#include <array>

#include "media/fields.h"

namespace auricle::media {
namespace {

using Rates = std::array<std::uint16_t, 16>;
// kbit/s by the header's index, of ISO/IEC 11172-3 (MPEG-1) and 13818-3 (MPEG-2 and 2.5).
constexpr Rates mpeg1Layer1{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0};
constexpr Rates mpeg1Layer2{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0};
constexpr Rates mpeg1Layer3{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
constexpr Rates mpeg2Layer1{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0};
constexpr Rates mpeg2Others{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
constexpr std::array<std::uint32_t, 3> mpeg1SampleRates{44100, 48000, 32000};
constexpr std::array<std::uint32_t, 13> aacSampleRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                       22050, 16000, 12000, 11025, 8000,  7350};

// The header's bits.
constexpr std::uint8_t version25 = 0, versionReserved = 1, version1 = 3;
constexpr std::uint8_t layer3 = 1, layer2 = 2, layer1 = 3;

const Rates& ratesOf(std::uint8_t version, std::uint8_t layer) {
    if (version != version1) return layer == layer1 ? mpeg2Layer1 : mpeg2Others;
    return layer == layer1 ? mpeg1Layer1 : layer == layer2 ? mpeg1Layer2 : mpeg1Layer3;
}

std::uint32_t samplesOf(std::uint8_t version, std::uint8_t layer) {
    if (layer == layer1) return 384;
    return layer == layer3 && version != version1 ? 576 : 1152;
}

std::optional<AudioFrame> mpegFrame(std::uint32_t header) {
    AudioFrame frame{.kind = AudioFrame::Kind::mpeg,
                     .version = static_cast<std::uint8_t>(header >> 19 & 3),
                     .layer = static_cast<std::uint8_t>(header >> 17 & 3),
                     .isMono = (header >> 6 & 3) == 3};
    auto rate = header >> 10 & 3;
    if (frame.version == versionReserved || rate == 3 || (header & 3) == 2) return std::nullopt;
    std::uint32_t bits = ratesOf(frame.version, frame.layer)[header >> 12 & 15] * 1000u;
    if (bits == 0) return std::nullopt;
    frame.sampleRate = mpeg1SampleRates[rate] >> (frame.version == version1    ? 0
                                                  : frame.version == version25 ? 2
                                                                               : 1);
    frame.samples = samplesOf(frame.version, frame.layer);
    auto padding = header >> 9 & 1;
    frame.bytes = frame.layer == layer1 ? (12 * bits / frame.sampleRate + padding) * 4
                                        : frame.samples / 8 * bits / frame.sampleRate + padding;
    return frame;
}

std::optional<AudioFrame> adtsFrame(std::uint64_t header) {
    AudioFrame frame{.kind = AudioFrame::Kind::adts, .version = static_cast<std::uint8_t>(header >> 43 & 1)};
    frame.layer = static_cast<std::uint8_t>(header >> 38 & 3);  // the profile, in ADTS
    auto rate = static_cast<std::size_t>(header >> 34 & 15);
    if (rate >= aacSampleRates.size()) return std::nullopt;
    frame.sampleRate = aacSampleRates[rate];
    frame.bytes = static_cast<std::uint32_t>(header >> 13 & 0x1fff);
    frame.samples = 1024 * static_cast<std::uint32_t>((header & 3) + 1);
    bool isProtected = (header >> 40 & 1) == 0;
    if (frame.bytes <= (isProtected ? 9u : 7u)) return std::nullopt;
    return frame;
}

}  // namespace

std::optional<AudioFrame> audioFrameAt(std::span<const std::byte> bytes) {
    if (bytes.size() < 4) return std::nullopt;
    auto header = Fields(bytes).u32();
    if (header >> 21 != 0x7ff) return std::nullopt;
    if ((header >> 17 & 3) != 0) return mpegFrame(header);
    // Layer 0 is ADTS, whose sync word has a twelfth bit.
    if (bytes.size() < audioFrameHeaderBytes || header >> 20 != 0xfff) return std::nullopt;
    return adtsFrame(Fields(bytes).big(audioFrameHeaderBytes));
}

}  // namespace auricle::media
