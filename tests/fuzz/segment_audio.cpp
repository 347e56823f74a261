// Segments of every kind one after the other, and resuming behind what they gave: what is put out is always a
// file that can be gone on with.
#include "media/segment_audio.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using Bytes = std::vector<std::byte>;

/// What a second process finds is what the first has put out.
void checkResume(const auricle::media::SegmentAudio& audio, const Bytes& out) {
    auricle::media::SegmentAudio again;
    auto resumed = again.resume(auricle::media::MemorySource(out));
    if (!resumed || again.durationMs() != audio.durationMs()) std::abort();
}

}  // namespace

/// The first byte: one bit for an init section in front, one for a discontinuity, the rest where the input is
/// cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    auto first = bytes.subspan(0, bytes.size() * (data[0] & 63) / 63), second = bytes.subspan(first.size());
    auricle::media::SegmentAudio audio("en");
    Bytes out;
    if (data[0] & 64) {
        if (!audio.init(first)) return 0;
    } else {
        auto added = audio.add(first);
        if (!added) return 0;
        out = std::move(*added);
    }
    auto added = audio.add(second, (data[0] & 128) != 0);
    if (!added) return 0;
    out.insert(out.end(), added->begin(), added->end());
    if (audio.isComplete() && !out.empty()) checkResume(audio, out);
    return 0;
}
