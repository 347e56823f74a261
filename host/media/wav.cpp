#include "media/wav.h"

#include "media/fields.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

constexpr std::uint32_t chunkFmt = 0x666d7420, chunkData = 0x64617461, chunkDs64 = 0x64733634;
// Written by a program that could not go back to fill in the size.
constexpr std::uint64_t sizeNotKnown = 0xffffffff;

struct Wav {
    std::uint64_t bytesPerSecond = 0;
    std::uint64_t largeDataBytes = 0;  ///< from ds64
    std::uint64_t dataBytes = 0;
    bool hasData = false;
};

/// Reads one chunk and gives the offset behind it.
Result<std::uint64_t> readChunk(Window& window, std::uint64_t offset, Wav& wav) {
    auto bytes = window.at(offset, 8 + 24);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    auto type = fields.u32();
    auto size = fields.little(4);
    if (!fields.isWhole()) return cutOff("it ends inside the header of a chunk");
    auto left = window.size() - offset - 8;
    if (type == chunkFmt) {
        fields.skip(8);
        wav.bytesPerSecond = fields.little(4);
    } else if (type == chunkDs64) {
        fields.skip(8);
        wav.largeDataBytes = fields.little(8);
    } else if (type == chunkData) {
        wav.hasData = true;
        if (size == sizeNotKnown) size = wav.largeDataBytes ? wav.largeDataBytes : left;
        wav.dataBytes = size;
    }
    if (size > left) return cutOff("a chunk ends beyond it");
    // Chunks begin at even places; a missing last padding byte is let pass.
    return offset + 8 + size + (size & 1);
}

}  // namespace

Result<Container> probeWav(const ByteSource& source) {
    constexpr std::uint64_t riffHeaderBytes = 12;
    Window window(source);
    Wav wav;
    for (auto offset = riffHeaderBytes; offset < window.size() && !wav.hasData;) {
        auto next = readChunk(window, offset, wav);
        if (!next) return std::unexpected(next.error());
        offset = *next;
    }
    if (!wav.hasData) return cutOff("its sound is missing");
    return Container{.name = "wav",
                     .mime = "audio/wav",
                     .extension = "wav",
                     .hasAudio = wav.bytesPerSecond > 0,
                     .durationMs = ticksToMs(wav.dataBytes, wav.bytesPerSecond)};
}

}  // namespace auricle::media
