#include "media/fragment.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

// Flags of tfhd (section 8.8.7) and trun (section 8.8.8).
constexpr std::uint32_t baseDataOffset = 0x000001, descriptionIndex = 0x000002, defaultDuration = 0x000008,
                        defaultSize = 0x000010;
constexpr std::uint32_t dataOffset = 0x000001, firstSampleFlags = 0x000004, sampleDuration = 0x000100,
                        sampleSize = 0x000200, sampleFlags = 0x000400, compositionOffset = 0x000800;

struct Part {
    Track* track = nullptr;
    std::uint64_t base = 0;  ///< what data offsets count from
    std::uint32_t duration = 0, size = 0;
    std::uint64_t time = 0;  ///< ticks
    std::uint64_t samples = 0;
    std::uint64_t dataEnd = 0;  ///< where the last run's bytes end
};

std::uint64_t saturatingAdd(std::uint64_t a, std::uint64_t b) {
    return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max()
                                                             : a + b;
}

Result<Fields> fieldsAt(Window& window, const Box& box, std::uint64_t skip, std::size_t count) {
    if (skip > box.payloadBytes()) return damaged("a box of a fragment is too short");
    auto left = box.payloadBytes() - skip;
    auto bytes =
        window.at(box.payload + skip, static_cast<std::size_t>(std::min<std::uint64_t>(count, left)));
    if (!bytes) return std::unexpected(bytes.error());
    return Fields(*bytes);
}

Result<void> readHeader(Window& window, const Box& tfhd, Movie& movie, Part& part) {
    auto fields = fieldsAt(window, tfhd, 0, 32);
    if (!fields) return std::unexpected(fields.error());
    auto flags = fields->u32() & 0xffffff;
    part.track = movie.find(fields->u32());
    if (!part.track) return {};
    part.time = part.track->fragmentsEnd;
    part.duration = part.track->defaultSampleDuration;
    part.size = part.track->defaultSampleSize;
    if (flags & baseDataOffset) part.base = fields->u64();
    if (flags & descriptionIndex) fields->skip(4);
    if (flags & defaultDuration) part.duration = fields->u32();
    if (flags & defaultSize) part.size = fields->u32();
    if (!fields->isWhole()) return damaged("a box of a fragment is too short");
    return {};
}

Result<void> readDecodeTime(Window& window, const Box& tfdt, Part& part) {
    auto fields = fieldsAt(window, tfdt, 0, 12);
    if (!fields) return std::unexpected(fields.error());
    bool isLong = fields->u8() == 1;
    fields->skip(3);
    part.time = fields->big(isLong ? 8 : 4);
    return {};
}

struct Run {
    std::uint64_t ticks = 0, bytes = 0;
};

/// Adds up a run's samples. Without fields of their own no entry is read, so that the work is bounded by the
/// file.
Result<Run> sumOf(Window& window, const Box& trun, std::uint64_t skip, std::uint32_t flags,
                  std::uint32_t samples, const Part& part) {
    Run run;
    auto entryBytes =
        std::uint64_t{4} * ((flags & sampleDuration ? 1 : 0) + (flags & sampleSize ? 1 : 0) +
                            (flags & sampleFlags ? 1 : 0) + (flags & compositionOffset ? 1 : 0));
    if (entryBytes * samples > trun.payloadBytes() - skip) return damaged("a box of a fragment is too short");
    if (!(flags & sampleDuration)) run.ticks = std::uint64_t{samples} * part.duration;
    if (!(flags & sampleSize)) run.bytes = std::uint64_t{samples} * part.size;
    if (!(flags & (sampleDuration | sampleSize))) return run;
    for (std::uint32_t i = 0; i < samples; ++i) {
        auto fields = fieldsAt(window, trun, skip + i * entryBytes, 8);
        if (!fields) return std::unexpected(fields.error());
        if (flags & sampleDuration) run.ticks += fields->u32();
        if (flags & sampleSize) run.bytes += fields->u32();
    }
    return run;
}

Result<void> readRun(Window& window, const Box& trun, Part& part) {
    auto fields = fieldsAt(window, trun, 0, 16);
    if (!fields) return std::unexpected(fields.error());
    auto flags = fields->u32() & 0xffffff;
    auto samples = fields->u32();
    std::uint64_t skip = 8;
    // Signed (section 8.8.8): it may point before the base.
    std::int32_t offset = 0;
    if (flags & dataOffset) {
        offset = static_cast<std::int32_t>(fields->u32());
        skip += 4;
    }
    if (flags & firstSampleFlags) skip += 4;
    if (!fields->isWhole() || skip > trun.payloadBytes()) return damaged("a box of a fragment is too short");
    auto run = sumOf(window, trun, skip, flags, samples, part);
    if (!run) return std::unexpected(run.error());
    auto begin =
        flags & dataOffset ? part.base + static_cast<std::uint64_t>(std::int64_t{offset}) : part.dataEnd;
    if (begin > window.size() || run->bytes > window.size() - begin)
        return cutOff("the samples of a fragment are missing");
    part.dataEnd = begin + run->bytes;
    part.time = saturatingAdd(part.time, run->ticks);
    part.samples += samples;
    return {};
}

/// `tfhd` comes first and is needed by what follows (section 8.8.7); runs of a track nobody declared are
/// passed over.
Result<void> readTrackFragment(Window& window, const Box& traf, Movie& movie, Part& part) {
    BoxWalk walk(window, traf);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        Result<void> read;
        if ((*box)->type == fourCc("tfhd")) {
            read = readHeader(window, **box, movie, part);
        } else if ((*box)->type == fourCc("tfdt") && part.track) {
            read = readDecodeTime(window, **box, part);
        } else if ((*box)->type == fourCc("trun") && part.track) {
            read = readRun(window, **box, part);
        }
        if (!read) return read;
    }
}

}  // namespace

Result<void> readFragment(Window& window, const Box& moof, Movie& movie) {
    BoxWalk walk(window, moof);
    auto dataEnd = moof.begin;
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if ((*box)->type == fourCc("pssh")) movie.isEncrypted = true;
        if ((*box)->type != fourCc("traf")) continue;
        Part part{.base = moof.begin, .dataEnd = dataEnd};
        if (auto read = readTrackFragment(window, **box, movie, part); !read) return read;
        dataEnd = part.dataEnd;
        if (!part.track) continue;
        part.track->fragmentsEnd = std::max(part.track->fragmentsEnd, part.time);
        part.track->fragmentSamples += part.samples;
    }
}

}  // namespace auricle::media
