#include "media/mpeg_audio.h"

#include <optional>

#include "media/audio_frame.h"
#include "media/fields.h"
#include "media/id3.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

constexpr std::uint8_t mpegVersion1 = 3;

Result<std::optional<AudioFrame>> frameAt(Window& window, std::uint64_t offset) {
    auto bytes = window.at(offset, audioFrameHeaderBytes);
    if (!bytes) return std::unexpected(bytes.error());
    return audioFrameAt(*bytes);
}

/// How long the stream is by a header in its first frame; what that says is not known is 0.
struct Announced {
    std::uint64_t frames = 0, bytes = 0;
};

/// The Xing (or Info) header stands behind the side information, VBRI 36 bytes into the frame.
Result<Announced> readAnnounced(Window& window, std::uint64_t offset, const AudioFrame& frame) {
    constexpr std::uint32_t xing = 0x58696e67, info = 0x496e666f, vbri = 0x56425249;
    constexpr std::uint32_t hasFrames = 1, hasBytes = 2;
    auto sideBytes = frame.version == mpegVersion1 ? (frame.isMono ? 17u : 32u) : (frame.isMono ? 9u : 17u);
    auto bytes = window.at(offset + 4 + sideBytes, 16);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    Announced announced;
    if (auto tag = fields.u32(); tag == xing || tag == info) {
        auto flags = fields.u32();
        if (flags & hasFrames) announced.frames = fields.u32();
        if (flags & hasBytes) announced.bytes = fields.u32();
        return fields.isWhole() ? announced : Announced{};
    }
    bytes = window.at(offset + 36, 18);
    if (!bytes) return std::unexpected(bytes.error());
    fields = Fields(*bytes);
    if (fields.u32() != vbri) return announced;
    fields.skip(6);
    announced.bytes = fields.u32();
    announced.frames = fields.u32();
    return fields.isWhole() ? announced : Announced{};
}

struct Scanned {
    std::uint64_t frames = 0, samples = 0;
    std::uint64_t soundBytes = 0;
};

/// Goes from frame to frame. Behind bytes that are none it looks for two frames in a row (tags at the end,
/// damage).
Result<Scanned> scan(Window& window, std::uint64_t offset, const AudioFrame& first) {
    Scanned scanned;
    bool isInSync = true;
    while (offset < window.size()) {
        auto frame = frameAt(window, offset);
        if (!frame) return std::unexpected(frame.error());
        bool isFrame = *frame && (*frame)->isOfSameStream(first);
        if (isFrame && !isInSync) {
            auto next = frameAt(window, offset + (*frame)->bytes);
            if (!next) return std::unexpected(next.error());
            isFrame = *next && (*next)->isOfSameStream(first);
        }
        isInSync = isFrame;
        if (!isFrame) {
            ++offset;
            continue;
        }
        ++scanned.frames;
        scanned.samples += (*frame)->samples;
        scanned.soundBytes += (*frame)->bytes;
        offset += (*frame)->bytes;
    }
    return scanned;
}

Container containerOf(const AudioFrame& frame) {
    if (frame.kind == AudioFrame::Kind::adts) {
        return {.name = "adts", .mime = "audio/aac", .extension = "aac", .hasAudio = true};
    }
    return {.name = "mp3", .mime = "audio/mpeg", .extension = "mp3", .hasAudio = true};
}

}  // namespace

Result<Container> probeMpegAudio(const ByteSource& source) {
    Window window(source);
    auto begin = behindId3(window, 0);
    if (!begin) return std::unexpected(begin.error());
    if (*begin >= window.size()) return cutOff("it ends inside the tag at its beginning");
    auto first = frameAt(window, *begin);
    if (!first) return std::unexpected(first.error());
    if (!*first) return damaged("no sound follows its tag");
    auto found = containerOf(**first);
    if ((*first)->kind == AudioFrame::Kind::mpeg) {
        auto announced = readAnnounced(window, *begin, **first);
        if (!announced) return std::unexpected(announced.error());
        if (announced->bytes > window.size() - *begin)
            return cutOff("its header announces more bytes than there are");
        if (announced->frames > 0) {
            found.durationMs = ticksToMs(announced->frames * (*first)->samples, (*first)->sampleRate);
            return found;
        }
    }
    auto scanned = scan(window, *begin, **first);
    if (!scanned) return std::unexpected(scanned.error());
    constexpr std::uint64_t fewestFrames = 2;
    if (scanned->frames < fewestFrames || scanned->soundBytes < (window.size() - *begin) / 2) {
        return damaged("most of it is no sound");
    }
    found.durationMs = ticksToMs(scanned->samples, (*first)->sampleRate);
    return found;
}

}  // namespace auricle::media
