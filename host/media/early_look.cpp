#include "media/early_look.h"

#include <algorithm>

#include "media/box.h"
#include "media/movie.h"

namespace auricle::media {
namespace {

constexpr std::uint64_t msPerSecond = 1000;

/// The index, if it stands whole before the samples.
std::optional<Movie> indexInFront(Window& window) {
    BoxWalk walk(window);
    for (;;) {
        // The box of the samples ends beyond what is there: the walk fails at it, and it is the last of use.
        auto box = walk.next();
        if (!box || !*box) return std::nullopt;
        if ((*box)->type == fourCc("mdat") || (*box)->type == fourCc("moof")) return std::nullopt;
        if ((*box)->type != fourCc("moov")) continue;
        auto movie = readMovie(window, **box);
        return movie ? std::optional(std::move(*movie)) : std::nullopt;
    }
}

}  // namespace

std::optional<Container> soundFromTheBeginning(const ByteSource& beginning) {
    Window window(beginning);
    auto movie = indexInFront(window);
    if (!movie || movie->isFragmented || movie->isEncrypted) return std::nullopt;
    Container found{.name = "mp4", .mime = "audio/mp4", .extension = "m4a"};
    for (const auto& track : movie->tracks) {
        if (track.isEncrypted || track.isPicture()) return std::nullopt;
        if (!track.isSound() || track.samples.sampleCount == 0) continue;
        found.hasAudio = true;
        if (track.timescale)
            found.durationMs = std::max(found.durationMs, track.duration * msPerSecond / track.timescale);
    }
    return found.hasAudio ? std::optional(found) : std::nullopt;
}

}  // namespace auricle::media
