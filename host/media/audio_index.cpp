#include "media/audio_index.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "media/fields.h"
#include "media/fragment.h"
#include "media/movie.h"
#include "media/segment_index.h"
#include "media/sound_track.h"
#include "media/track_reader.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::uint64_t mostFragmentBytes = 4u << 20;
/// Ninety hours of packets. What has one size for all samples takes no room and may have more.
constexpr std::uint64_t mostSamples = 1u << 24;
constexpr std::size_t mostHints = 1u << 20;

}  // namespace

struct AudioIndexReader::State {
    State(const ByteSource& from, std::string_view wish) : source(from), language(wish), window(from) {}

    const ByteSource& source;
    std::string language;
    Window window;
    Stage stage = Stage::layout;
    Piece moov;
    Movie movie;
    std::optional<std::size_t> track;  ///< index in movie.tracks
    std::optional<TrackReader> tables;
    std::uint64_t next = 0;  ///< of the top-level boxes, for fragments
    std::uint64_t fragmentsRead = 0;
    std::uint64_t startTicks = 0;  ///< when the first fragment begins
    std::vector<std::uint64_t> hints;
    AudioIndex index;

    Result<void> run();
    Result<void> readLayout();
    Result<Box> findMovie();
    Result<void> readTables();
    Result<void> readFragments();
    Result<void> readTopBox(const Box& box);
    Result<void> addFragment(const Box& moof);
    Result<void> checkRun(const FragmentRun& run) const;
    Result<void> addRun(const FragmentRun& run);
    Result<void> finish();
    void shiftStart();
    Track& sound() { return movie.tracks[*track]; }
};

Result<Box> AudioIndexReader::State::findMovie() {
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return cutOff("its index (the moov box) is missing");
        if ((*box)->type == fourCc("pssh")) return protectedSound();
        if ((*box)->type == fourCc("moov")) return **box;
    }
}

Result<void> AudioIndexReader::State::readLayout() {
    auto box = findMovie();
    if (!box) return std::unexpected(box.error());
    moov = {.offset = box->begin, .bytes = box->end - box->begin};
    auto read = readMovie(window, *box);
    if (!read) return std::unexpected(read.error());
    movie = std::move(*read);
    auto picked = pickSound(movie, language);
    if (!picked) return std::unexpected(picked.error());
    track = static_cast<std::size_t>(*picked - movie.tracks.data());
    tables.emplace(source, sound().samples);
    next = 0;
    stage = Stage::tables;
    return {};
}

Result<void> AudioIndexReader::State::readTables() {
    const auto& table = sound().samples;
    if (table.constantSize == 0 && table.sampleCount > mostSamples) return damaged("it has too many samples");
    if (auto read = tables->run(index.samples, index.pieces); !read) return read;
    auto description = tables->description();
    auto format =
        readAudioFormat(window, movie, sound(), description ? description : sound().defaultDescription);
    if (!format) return std::unexpected(std::move(format.error()));
    index.format = std::move(*format);
    index.isFragmented = movie.isFragmented;
    stage = Stage::fragments;
    return {};
}

Result<void> AudioIndexReader::State::checkRun(const FragmentRun& run) const {
    const auto& from = movie.tracks[*track];
    if (run.track != &from) return {};
    if (run.description < 1 || run.description > from.descriptions.size())
        return damaged("it does not say how its sound is coded");
    const auto& entry = from.descriptions[run.description - 1];
    const auto& first =
        from.descriptions[std::max<std::uint32_t>(
                              1, tables->description() ? tables->description() : from.defaultDescription) -
                          1];
    if (entry.begin != first.begin)
        return fail(Kind::not_media, "The sound of this file changes its format in the middle.");
    return {};
}

/// Times that the file says win over those that were added up: a hole becomes a longer sample, an overlap a
/// shorter one, so that what follows plays when the source plays it.
Result<void> AudioIndexReader::State::addRun(const FragmentRun& run) {
    if (run.track != &movie.tracks[*track]) return {};
    auto& samples = index.samples;
    if (samples.count() == 0) {
        startTicks = run.decodeTime;
    } else if (run.isTimed) {
        samples.moveEnd(static_cast<std::int64_t>(run.decodeTime - startTicks - samples.ticks()));
    }
    auto added = eachSample(window, run, [&samples](const FragmentSample& sample) {
        samples.addSizes(sample.bytes, sample.count);
        samples.addTimes(sample.ticks, sample.count);
        samples.addShifts(sample.shift, sample.count);
    });
    if (!added) return added;
    index.pieces.add(run.offset, run.bytes);
    if (!samples.commonSize() && samples.count() > mostSamples) return damaged("it has too many samples");
    return {};
}

/// A fragment is added whole or not at all: the source has to have all of it before the first sample counts.
Result<void> AudioIndexReader::State::addFragment(const Box& moof) {
    if (moof.end - moof.begin > mostFragmentBytes) return damaged("a fragment's index is too large");
    if (auto bytes = bytesOf(source, moof); !bytes) return std::unexpected(bytes.error());
    auto added = readFragment(window, moof, movie, [this](const FragmentRun& run) {
        auto checked = checkRun(run);
        return checked ? addRun(run) : checked;
    });
    if (!added) return added;
    if (movie.isEncrypted) return protectedSound();
    ++fragmentsRead;
    return {};
}

Result<void> AudioIndexReader::State::readTopBox(const Box& box) {
    if (box.type == fourCc("pssh")) return protectedSound();
    if (box.type == fourCc("moof")) return addFragment(box);
    if (box.type != fourCc("sidx") || hints.size() > mostHints) return {};
    std::vector<std::uint64_t> begins;
    if (auto read = readSegmentIndex(window, box, begins); !read) return read;
    hints.insert(hints.end(), begins.begin(), begins.end());
    std::ranges::sort(hints);
    hints.erase(std::unique(hints.begin(), hints.end()), hints.end());
    return {};
}

Result<void> AudioIndexReader::State::readFragments() {
    BoxWalk walk(window, next);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) break;
        if (auto read = readTopBox(**box); !read) return read;
        next = (*box)->end;
    }
    // Segments that are named and not there end beyond the file; so do those before the last.
    if (!hints.empty() && hints.back() >= window.size())
        return cutOff("it ends before the last segment of its index");
    if (fragmentsRead == 0 && index.samples.count() == 0) return cutOff("all its fragments are missing");
    constexpr std::uint64_t toleranceMs = 2000;
    std::uint64_t readMs = 0;
    for (const auto& one : movie.tracks)
        readMs = std::max(readMs, ticksToMs(one.fragmentsEnd, one.timescale));
    readMs = std::max(readMs, ticksToMs(index.samples.ticks(), sound().timescale));
    if (readMs + toleranceMs < ticksToMs(movie.fragmentDuration, movie.timescale))
        return cutOff("its last fragments are missing");
    return {};
}

/// A plain file's first sample is decoded at 0. Where the fragments begin later, an edit says so: what was at
/// M is now at M - start.
void AudioIndexReader::State::shiftStart() {
    auto& format = index.format;
    if (startTicks == 0 || startTicks > INT64_MAX / 2) return;
    auto start = static_cast<std::int64_t>(startTicks);
    if (format.edits.empty()) format.edits.push_back({});
    auto& last = format.edits.back();
    if (last.mediaTime < 0) return;
    if (last.mediaTime >= start) {
        last.mediaTime -= start;
        return;
    }
    auto later = static_cast<std::uint64_t>(start - last.mediaTime);
    last.mediaTime = 0;
    auto scale = [&](std::uint64_t ticks) {
        return ticks / format.movieTimescale * format.timescale +
               ticks % format.movieTimescale * format.timescale / format.movieTimescale;
    };
    // In ticks of the sound itself, which no rounding moves.
    for (auto& edit : format.edits) edit.duration = scale(edit.duration);
    format.movieTimescale = format.timescale;
    format.edits.insert(format.edits.end() - 1, Edit{.duration = later, .mediaTime = -1});
}

Result<void> AudioIndexReader::State::finish() {
    if (index.samples.count() == 0 || index.samples.bytes() == 0)
        return fail(Kind::not_media, "There is no sound in it.");
    shiftStart();
    index.durationMs = ticksToMs(index.samples.ticks(), index.format.timescale);
    return {};
}

Result<void> AudioIndexReader::State::run() {
    if (stage == Stage::layout) {
        if (auto read = readLayout(); !read) return read;
    }
    if (stage == Stage::tables) {
        if (auto read = readTables(); !read) return read;
    }
    if (movie.isFragmented) {
        if (auto read = readFragments(); !read) return read;
    }
    return finish();
}

AudioIndexReader::AudioIndexReader(const ByteSource& source, std::string_view language)
    : state_(std::make_unique<State>(source, language)) {}
AudioIndexReader::~AudioIndexReader() = default;

AudioIndexReader::Stage AudioIndexReader::stage() const {
    return state_->stage;
}
Piece AudioIndexReader::moov() const {
    return state_->moov;
}
const std::vector<std::uint64_t>& AudioIndexReader::fragments() const {
    return state_->hints;
}
Result<void> AudioIndexReader::run() {
    return state_->run();
}
AudioIndex AudioIndexReader::take() {
    return std::move(state_->index);
}

Result<AudioIndex> readAudioIndex(const ByteSource& source, std::string_view language) {
    AudioIndexReader reader(source, language);
    if (auto read = reader.run(); !read) return std::unexpected(std::move(read.error()));
    return reader.take();
}

}  // namespace auricle::media
