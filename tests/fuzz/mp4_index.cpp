// An MP4 from any server: its index is read, and written anew as an .m4a's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/audio_index.h"
#include "media/container.h"

using namespace auricle;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    media::MemorySource source(std::as_bytes(std::span(data, size)));
    auto index = media::readAudioIndex(source, "de");
    if (!index) {
        bool isTyped = index.error().kind == Kind::not_media || index.error().kind == Kind::drm_protected;
        if (!isTyped || index.error().message.empty()) std::abort();
        return 0;
    }
    const auto& samples = index->samples;
    if (index->pieces.bytes() != samples.bytes() || samples.timed() != samples.count()) std::abort();
    auto pieces = index->pieces.read();
    while (auto piece = pieces.next())
        if (piece->offset > size || piece->bytes > size - piece->offset) std::abort();
    media::m4aHead(index->format, samples, {.title = "t", .course = {}, .date = {}, .source = {}});
    return 0;
}
