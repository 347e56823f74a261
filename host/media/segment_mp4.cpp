#include "media/segment_mp4.h"

#include <algorithm>
#include <array>

#include "media/fields.h"
#include "media/fragment.h"
#include "media/sound_track.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

Result<std::optional<Box>> findMovie(Window& window) {
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box || !*box || (*box)->type == fourCc("moov")) return box;
    }
}

/// The samples of a run that stand back to back in `data`.
Result<void> takeSamples(Window& window, const FragmentRun& run, std::span<const std::byte> data,
                         SampleBatch& into) {
    bool isSound = true;
    auto read = eachSample(window, run, [&](const FragmentSample& sample) {
        // A sample of sound has bytes; counting empty ones would be work without an end.
        isSound = isSound && sample.bytes > 0;
        for (std::uint32_t i = 0; isSound && i < sample.count; ++i) {
            into.add(data.first(sample.bytes), sample.ticks);
            data = data.subspan(sample.bytes);
        }
    });
    if (!read) return read;
    return isSound ? Result<void>{} : damaged("a sample of its sound is empty");
}

}  // namespace

bool SegmentMp4::isOne(std::span<const std::byte> bytes) {
    constexpr std::array first{fourCc("ftyp"), fourCc("styp"), fourCc("moov"), fourCc("moof"),
                               fourCc("sidx"), fourCc("emsg"), fourCc("prft"), fourCc("mdat"),
                               fourCc("free"), fourCc("ssix")};
    if (bytes.size() < 8) return false;
    return std::ranges::count(first, Fields(bytes.subspan(4)).u32()) > 0;
}

bool SegmentMp4::hasInit(std::span<const std::byte> segment) {
    const MemorySource source(segment);
    Window window(source);
    auto box = findMovie(window);
    return box && *box;
}

Result<SegmentMp4> SegmentMp4::open(std::span<const std::byte> section, std::string_view language) {
    const MemorySource source(section);
    Window window(source);
    auto moov = findMovie(window);
    if (!moov) return std::unexpected(moov.error());
    if (!*moov) return cutOff("its index (the moov box) is missing");
    auto movie = readMovie(window, **moov);
    if (!movie) return std::unexpected(movie.error());
    auto track = pickSound(*movie, language);
    if (!track) return std::unexpected(track.error());
    auto format = readAudioFormat(window, *movie, **track, (*track)->defaultDescription);
    if (!format) return std::unexpected(format.error());
    SegmentMp4 opened;
    opened.track_ = static_cast<std::size_t>(*track - movie->tracks.data());
    opened.movie_ = std::move(*movie);
    opened.format_ = std::move(*format);
    return opened;
}

Result<std::optional<std::uint64_t>> SegmentMp4::read(std::span<const std::byte> segment, SampleBatch& into) {
    const MemorySource source(segment);
    Window window(source);
    Window samples(source);
    const Track& track = movie_.tracks[track_];
    std::optional<std::uint64_t> begin;
    const OnRun take = [&](const FragmentRun& run) -> Result<void> {
        if (run.track != &track) return {};
        if (run.description != track.defaultDescription) return changedFormat();
        if (!begin) begin = run.decodeTime;
        return takeSamples(
            samples, run,
            segment.subspan(static_cast<std::size_t>(run.offset), static_cast<std::size_t>(run.bytes)), into);
    };
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return begin;
        if ((*box)->type == fourCc("pssh")) return protectedSound();
        if ((*box)->type != fourCc("moof")) continue;
        auto moof = **box;
        if (auto fragment = readFragment(window, moof, movie_, take); !fragment)
            return std::unexpected(fragment.error());
        if (movie_.isEncrypted) return protectedSound();
    }
}

}  // namespace auricle::media
