#include "media/iso_bmff.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "media/box.h"
#include "media/fields.h"
#include "media/fragment.h"
#include "media/movie.h"
#include "media/sample_table.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

/// What stands at the top of the file.
struct Top {
    std::optional<Box> moov;
    std::vector<Box> data;       ///< mdat, as far as there are at most `mostDataBoxes`
    bool isDataComplete = true;  ///< `data` holds all of them
    bool isEncrypted = false;
    bool hasFragments = false;
    bool lacksData = false;        ///< the last fragment has no mdat behind it
    std::uint64_t indexedEnd = 0;  ///< where the segments of sidx end
};

// A file of more pieces than this is a fragmented one, whose samples are checked fragment by fragment.
constexpr std::size_t mostDataBoxes = 1024;

/// The end of what a segment index names (section 8.16.3): anchored behind the box itself.
Result<std::uint64_t> indexedEnd(Window& window, const Box& sidx) {
    auto head =
        window.at(sidx.payload, static_cast<std::size_t>(std::min<std::uint64_t>(32, sidx.payloadBytes())));
    if (!head) return std::unexpected(head.error());
    Fields fields(*head);
    bool isLong = fields.u8() == 1;
    fields.skip(3 + 8 + (isLong ? 8 : 4));
    auto first = fields.big(isLong ? 8 : 4);
    if (first > window.size()) return cutOff("it ends before the first segment of its index");
    auto end = sidx.end + first;
    fields.skip(2);
    std::uint32_t count = fields.u16();
    auto listed = sidx.payload + (isLong ? 32 : 24);
    if (!fields.isWhole() || listed + std::uint64_t{count} * 12 > sidx.end)
        return damaged("its segment index is too short");
    for (std::uint32_t i = 0; i < count; ++i) {
        auto entry = window.at(listed + std::uint64_t{i} * 12, 4);
        if (!entry) return std::unexpected(entry.error());
        end += Fields(*entry).u32() & 0x7fffffff;
    }
    return end;
}

Result<void> note(Window& window, const Box& box, Top& top) {
    switch (box.type) {
        case fourCc("moov"):
            if (!top.moov) top.moov = box;
            return {};
        case fourCc("mdat"):
            top.lacksData = false;
            top.isDataComplete = top.data.size() < mostDataBoxes;
            if (top.isDataComplete) top.data.push_back(box);
            return {};
        case fourCc("moof"):
            top.hasFragments = top.lacksData = true;
            return {};
        case fourCc("pssh"):
            top.isEncrypted = true;
            return {};
        case fourCc("sidx"): {
            auto end = indexedEnd(window, box);
            if (!end) return std::unexpected(end.error());
            top.indexedEnd = std::max(top.indexedEnd, *end);
            return {};
        }
        default:
            return {};
    }
}

Result<Top> readTop(Window& window) {
    Top top;
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) break;
        if (auto noted = note(window, **box, top); !noted) return std::unexpected(noted.error());
    }
    if (!top.moov) return cutOff("its index (the moov box) is missing");
    if (top.lacksData) return cutOff("its last fragment has no samples");
    if (top.indexedEnd > window.size()) return cutOff("it ends before the last segment of its index");
    return top;
}

/// Fragments are read after moov, which declares their tracks and may stand behind them.
Result<void> readFragments(Window& window, Movie& movie) {
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if ((*box)->type != fourCc("moof")) continue;
        if (auto read = readFragment(window, **box, movie); !read) return read;
    }
}

bool isHeld(const Top& top, std::uint64_t fileBytes, const Chunk& chunk) {
    auto lies = [&](std::uint64_t begin, std::uint64_t end) {
        return chunk.offset >= begin && chunk.offset <= end && chunk.bytes <= end - chunk.offset;
    };
    if (!top.isDataComplete) return lies(0, fileBytes);
    auto behind = std::ranges::upper_bound(top.data, chunk.offset, {}, &Box::payload);
    return behind != top.data.begin() && lies(std::prev(behind)->payload, std::prev(behind)->end);
}

Result<void> checkChunks(const ByteSource& source, const Top& top, const Track& track) {
    auto fileBytes = source.size();
    ChunkWalk walk(source, track.samples);
    std::uint64_t samples = 0;
    for (;;) {
        auto chunk = walk.next();
        if (!chunk) return std::unexpected(chunk.error());
        if (!*chunk) break;
        if (!isHeld(top, fileBytes, **chunk)) return cutOff("its index names bytes that are not in it");
        samples += (*chunk)->samples;
    }
    if (samples < track.samples.sampleCount) return damaged("its index does not say where all samples are");
    return {};
}

std::uint64_t durationMs(const Movie& movie, const Track& track) {
    auto ms =
        std::max(ticksToMs(track.duration, track.timescale), ticksToMs(track.fragmentsEnd, track.timescale));
    return ms ? ms : ticksToMs(std::max(movie.duration, movie.fragmentDuration), movie.timescale);
}

/// Fragments end at a box's end, so only the announced length (mehd) tells that some of them are missing. It
/// is rounded by some writers: two seconds are let pass.
Result<void> checkFragmentsReachTheEnd(const Movie& movie) {
    constexpr std::uint64_t toleranceMs = 2000;
    std::uint64_t readMs = 0;
    for (const auto& track : movie.tracks) {
        readMs = std::max({readMs, ticksToMs(track.fragmentsEnd, track.timescale),
                           track.samples.sampleCount ? ticksToMs(track.duration, track.timescale) : 0});
    }
    if (readMs + toleranceMs < ticksToMs(movie.fragmentDuration, movie.timescale)) {
        return cutOff("its last fragments are missing");
    }
    return {};
}

/// Chapter images and covers are pictures too, but they do not move: one, or less than one a second.
bool isMoving(const Track& track) {
    if (!track.isImage) return true;
    auto samples = track.samples.sampleCount + track.fragmentSamples;
    auto seconds =
        std::max(ticksToMs(track.duration, track.timescale), ticksToMs(track.fragmentsEnd, track.timescale)) /
        1000;
    return samples > 1 && samples > seconds;
}

Container describe(const Top& top, const Movie& movie) {
    Container found{.name = "mp4", .mime = "audio/mp4", .extension = "m4a"};
    found.isEncrypted = movie.isEncrypted || top.isEncrypted;
    found.isFragmented = top.hasFragments;
    for (const auto& track : movie.tracks) {
        bool hasSamples = track.samples.sampleCount > 0 || track.fragmentSamples > 0;
        if (track.isEncrypted) found.isEncrypted = true;
        if (!hasSamples || track.codec == 0) continue;
        if (track.isSound()) {
            found.hasAudio = true;
            found.durationMs = std::max(found.durationMs, durationMs(movie, track));
        }
        if (track.isPicture() && isMoving(track)) found.hasVideo = true;
    }
    if (!found.hasAudio)
        found.durationMs = ticksToMs(std::max(movie.duration, movie.fragmentDuration), movie.timescale);
    return found;
}

}  // namespace

Result<Container> probeIsoBmff(const ByteSource& source) {
    Window window(source);
    auto top = readTop(window);
    if (!top) return std::unexpected(top.error());
    auto movie = readMovie(window, *top->moov);
    if (!movie) return std::unexpected(movie.error());
    if (top->hasFragments) {
        if (auto read = readFragments(window, *movie); !read) return std::unexpected(read.error());
    }
    if (movie->isFragmented && !top->hasFragments && top->data.empty())
        return cutOff("all its fragments are missing");
    if (auto checked = checkFragmentsReachTheEnd(*movie); !checked) return std::unexpected(checked.error());
    for (const auto& track : movie->tracks) {
        if (!track.isSound() && !track.isPicture()) continue;
        if (auto checked = checkChunks(source, *top, track); !checked)
            return std::unexpected(checked.error());
    }
    return describe(*top, *movie);
}

}  // namespace auricle::media
