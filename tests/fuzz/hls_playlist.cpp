// HLS playlists, as any server may send them.
#include "media/hls_playlist.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace auricle::media;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Whoever fetches a list relies on this without looking.
void check(const HlsMedia& media) {
    const auto& list = media.list;
    require(list.segments.size() <= mostSegments);
    for (const auto& init : list.inits) require(!init.key || *init.key < list.keys.size());
    for (std::size_t i = 0; i < list.segments.size(); ++i) {
        const auto& segment = list.segments[i];
        require(segment.number == media.mediaSequence + i);
        require(segment.base < list.bases.size());
        require(!segment.init || *segment.init < list.inits.size());
        require(!segment.key || *segment.key < list.keys.size());
        require(segment.range.offset <= UINT64_MAX - segment.range.length);
    }
    (void)list.durationMs();
    (void)list.rangedBytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    HlsContext context{.definitions = {{"name", "value"}}, .queryParameter = [](std::string_view name) {
                           return std::optional<std::string>(name);
                       }};
    auto playlist = readHlsPlaylist({reinterpret_cast<const char*>(data), size}, context);
    if (!playlist) return 0;
    if (const auto* media = std::get_if<HlsMedia>(&*playlist)) check(*media);
    if (const auto* master = std::get_if<HlsMaster>(&*playlist))
        for (const auto& variant : master->variants) (void)variant.isAudioOnly();
    return 0;
}
