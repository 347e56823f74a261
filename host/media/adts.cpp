#include "media/adts.h"

#include "media/audio_frame.h"
#include "media/fields.h"

namespace auricle::media {

std::optional<Adts> adtsAt(std::span<const std::byte> bytes) {
    auto frame = audioFrameAt(bytes);
    if (!frame || frame->kind != AudioFrame::Kind::adts) return std::nullopt;
    auto header = Fields(bytes).big(audioFrameHeaderBytes);
    bool hasChecksum = (header >> 40 & 1) == 0;
    return Adts{.objectType = static_cast<std::uint8_t>((header >> 38 & 3) + 1),
                .rateIndex = static_cast<std::uint8_t>(header >> 34 & 15),
                .channels = static_cast<std::uint8_t>(header >> 30 & 7),
                .blocks = static_cast<std::uint8_t>((header & 3) + 1),
                .sampleRate = frame->sampleRate,
                .headerBytes = hasChecksum ? 9u : 7u,
                .bytes = frame->bytes};
}

std::array<std::byte, 2> audioSpecificConfig(const Adts& header) {
    auto bits = header.objectType << 11 | header.rateIndex << 7 | header.channels << 3;
    return {static_cast<std::byte>(bits >> 8), static_cast<std::byte>(bits & 0xff)};
}

}  // namespace auricle::media
