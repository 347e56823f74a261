#include "media/flac.h"

#include "media/fields.h"
#include "media/id3.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

struct StreamInfo {
    std::uint32_t sampleRate = 0;
    std::uint64_t samples = 0;  ///< 0: not known
};

/// RFC 9639 section 8.2, behind the block sizes and frame sizes.
StreamInfo streamInfoOf(Fields fields) {
    fields.skip(10);
    auto packed = fields.u64();
    return {.sampleRate = static_cast<std::uint32_t>(packed >> 44), .samples = packed & 0xfffffffff};
}

}  // namespace

Result<Container> probeFlac(const ByteSource& source) {
    Window window(source);
    auto begin = behindId3(window, 0);
    if (!begin) return std::unexpected(begin.error());
    StreamInfo info;
    auto offset = *begin + 4;
    for (bool isLast = false; !isLast;) {
        auto bytes = window.at(offset, 4 + 18);
        if (!bytes) return std::unexpected(bytes.error());
        Fields fields(*bytes);
        auto head = fields.u8();
        auto size = fields.big(3);
        if (!fields.isWhole() || size > window.size() - offset) return cutOff("it ends inside its metadata");
        if ((head & 0x7f) == 0) info = streamInfoOf(fields);
        isLast = head & 0x80;
        offset += 4 + size;
    }
    auto frame = window.at(offset, 2);
    if (!frame) return std::unexpected(frame.error());
    constexpr std::uint16_t sync = 0xfff8;
    if (frame->size() < 2) return cutOff("its sound is missing");
    if ((Fields(*frame).u16() & ~1u) != sync || info.sampleRate == 0)
        return damaged("no sound follows its metadata");
    return Container{.name = "flac",
                     .mime = "audio/flac",
                     .extension = "flac",
                     .hasAudio = true,
                     .durationMs = ticksToMs(info.samples, info.sampleRate)};
}

}  // namespace auricle::media
