// DASH manifests, as any server may send them.
#include "media/dash_manifest.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace auricle::media;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const DashTrack& track) {
    std::size_t segments = 0;
    for (const auto& period : track.periods) {
        segments += period.segments.size();
        for (const auto& segment : period.segments)
            require(segment.range.offset <= UINT64_MAX - segment.range.length);
        if (period.index) require(period.index->length > 0);
    }
    require(segments <= mostSegments);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)looksLikeDash(text);
    auto manifest = readDashManifest(text, "de");
    if (!manifest) return 0;
    require(!manifest->tracks.empty());
    for (const auto& track : manifest->tracks) check(track);
    return 0;
}
