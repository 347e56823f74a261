#include "media/packed_audio.h"

#include <algorithm>
#include <string_view>

#include "media/box.h"
#include "media/fields.h"
#include "media/id3.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

constexpr std::size_t tagHeaderBytes = 10, frameHeaderBytes = 10;
constexpr std::uint8_t lastWithPlainSizes = 3;  // ID3v2.4 has seven bits a byte in frames' sizes too

std::size_t sevenBits(std::uint32_t value) {
    return (value >> 24 & 0x7f) << 21 | (value >> 16 & 0x7f) << 14 | (value >> 8 & 0x7f) << 7 |
           (value & 0x7f);
}

/// The time in a PRIV frame's payload, if it is the one that Apple names.
std::optional<std::uint64_t> timestampIn(std::span<const std::byte> priv) {
    constexpr std::string_view owner("com.apple.streaming.transportStreamTimestamp\0", 45);
    if (priv.size() < owner.size() + 8) return std::nullopt;
    bool isOwner = std::ranges::equal(owner, priv.first(owner.size()), {}, {},
                                      [](std::byte byte) { return std::to_integer<char>(byte); });
    if (!isOwner) return std::nullopt;
    return Fields(priv.subspan(owner.size())).u64() & ((std::uint64_t{1} << 33) - 1);
}

/// The time in the first tag; nothing where it has none.
std::optional<std::uint64_t> timestampOf(std::span<const std::byte> tag) {
    constexpr FourCc priv = fourCc("PRIV");
    Fields fields(tag);
    fields.skip(3);
    auto version = fields.u8();
    fields.skip(2);
    auto size = std::min(sevenBits(fields.u32()), fields.left());
    if (!fields.isWhole()) return std::nullopt;
    auto frames = tag.subspan(tagHeaderBytes, size);
    while (frames.size() > frameHeaderBytes) {
        Fields header(frames);
        auto name = header.u32();
        auto plain = header.u32();
        std::size_t bytes = version <= lastWithPlainSizes ? plain : sevenBits(plain);
        if (bytes > frames.size() - frameHeaderBytes) return std::nullopt;
        auto payload = frames.subspan(frameHeaderBytes, bytes);
        if (name == priv)
            if (auto found = timestampIn(payload)) return found;
        frames = frames.subspan(frameHeaderBytes + bytes);
    }
    return std::nullopt;
}

/// Behind the frames' sync word the AC-3 family tells itself apart by one number.
bool isEAc3(std::span<const std::byte> bytes) {
    constexpr std::uint64_t highestAc3 = 8, highestEAc3 = 16;
    auto header = Fields(bytes).u64();
    auto id = header >> 19 & 31;
    return header >> 48 == 0x0b77 && id > highestAc3 && id <= highestEAc3;
}

}  // namespace

Result<std::optional<PackedAudio>> readPackedAudio(std::span<const std::byte> segment) {
    const MemorySource source(segment);
    Window window(source);
    auto begin = behindId3(window, 0);
    if (!begin) return std::unexpected(begin.error());
    if (*begin >= segment.size()) return cutOff("a segment ends inside the tag at its beginning");
    PackedAudio packed{.frames = segment.subspan(static_cast<std::size_t>(*begin))};
    if (*begin > 0) packed.pts = timestampOf(segment);
    if (ac3At(packed.frames)) {
        packed.coding = Coding::ac3;
    } else if (auto frame = audioFrameAt(packed.frames)) {
        packed.coding = frame->kind == AudioFrame::Kind::adts ? Coding::aac : Coding::mpeg;
    } else if (isEAc3(packed.frames)) {
        return unknownCodec("E-AC-3");
    } else {
        return std::nullopt;
    }
    return packed;
}

}  // namespace auricle::media
