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
                        defaultSize = 0x000010, baseIsMoof = 0x020000;
constexpr std::uint32_t dataOffset = 0x000001, firstSampleFlags = 0x000004, sampleDuration = 0x000100,
                        sampleSize = 0x000200, sampleFlags = 0x000400, compositionOffset = 0x000800;

/// A `traf` while it is read.
struct Part {
    const Box* moof = nullptr;
    Track* track = nullptr;
    std::uint64_t base = 0;  ///< what data offsets count from
    std::uint32_t description = 0, duration = 0, size = 0;
    std::uint64_t time = 0;  ///< ticks
    bool isTimed = false;
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
    // Without either flag the offsets of the first track count from moof, those of the next from the end of
    // the data before (section 8.8.7.1).
    if (flags & baseIsMoof) part.base = part.moof->begin;
    if (flags & baseDataOffset) part.base = fields->u64();
    part.dataEnd = part.base;
    part.description = part.track->defaultDescription;
    if (flags & descriptionIndex) part.description = fields->u32();
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
    part.isTimed = true;
    return {};
}

struct Entries {
    std::uint32_t flags = 0;
    std::uint64_t begin = 0;  ///< offset of the first in the payload of trun
    std::uint64_t bytes = 0;  ///< of one
};

std::uint64_t entryBytes(std::uint32_t flags) {
    return std::uint64_t{4} * ((flags & sampleDuration ? 1 : 0) + (flags & sampleSize ? 1 : 0) +
                               (flags & sampleFlags ? 1 : 0) + (flags & compositionOffset ? 1 : 0));
}

FragmentSample sampleOf(Fields fields, std::uint32_t flags, const FragmentRun& run) {
    FragmentSample sample{.bytes = run.defaultSize, .ticks = run.defaultDuration};
    if (flags & sampleDuration) sample.ticks = fields.u32();
    if (flags & sampleSize) sample.bytes = fields.u32();
    if (flags & sampleFlags) fields.skip(4);
    if (flags & compositionOffset) sample.shift = static_cast<std::int32_t>(fields.u32());
    return sample;
}

Result<std::uint32_t> flagsOf(Window& window, const Box& trun) {
    auto fields = fieldsAt(window, trun, 0, 4);
    if (!fields) return std::unexpected(fields.error());
    return fields->u32() & 0xffffff;
}

struct Sum {
    std::uint64_t ticks = 0, bytes = 0;
};

Result<Sum> sumOf(Window& window, const FragmentRun& run) {
    Sum sum;
    auto added = eachSample(window, run, [&sum](const FragmentSample& sample) {
        sum.ticks += std::uint64_t{sample.ticks} * sample.count;
        sum.bytes += std::uint64_t{sample.bytes} * sample.count;
    });
    if (!added) return std::unexpected(added.error());
    return sum;
}

Result<void> readRun(Window& window, const Box& trun, Part& part, const OnRun& onRun) {
    auto fields = fieldsAt(window, trun, 0, 12);
    if (!fields) return std::unexpected(fields.error());
    auto flags = fields->u32() & 0xffffff;
    FragmentRun run{.track = part.track,
                    .decodeTime = part.time,
                    .isTimed = part.isTimed,
                    .description = part.description,
                    .samples = fields->u32(),
                    .box = trun,
                    .defaultDuration = part.duration,
                    .defaultSize = part.size};
    // Signed (section 8.8.8): it may point before the base.
    std::int32_t offset = 0;
    if (flags & dataOffset) offset = static_cast<std::int32_t>(fields->u32());
    if (!fields->isWhole()) return damaged("a box of a fragment is too short");
    auto sum = sumOf(window, run);
    if (!sum) return std::unexpected(sum.error());
    run.offset =
        flags & dataOffset ? part.base + static_cast<std::uint64_t>(std::int64_t{offset}) : part.dataEnd;
    run.bytes = sum->bytes;
    if (run.offset > window.size() || run.bytes > window.size() - run.offset)
        return cutOff("the samples of a fragment are missing");
    part.dataEnd = run.offset + run.bytes;
    part.time = saturatingAdd(part.time, sum->ticks);
    part.isTimed = false;
    part.samples += run.samples;
    return onRun ? onRun(run) : Result<void>{};
}

/// `tfhd` comes first and is needed by what follows (section 8.8.7); runs of a track nobody declared are
/// passed over.
Result<void> readTrackFragment(Window& window, const Box& traf, Movie& movie, Part& part,
                               const OnRun& onRun) {
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
            read = readRun(window, **box, part, onRun);
        }
        if (!read) return read;
    }
}

}  // namespace

Result<void> eachSample(Window& window, const FragmentRun& run,
                        const std::function<void(const FragmentSample&)>& take) {
    auto flags = flagsOf(window, run.box);
    if (!flags) return std::unexpected(flags.error());
    auto one = entryBytes(*flags);
    std::uint64_t begin = 8 + (*flags & dataOffset ? 4 : 0) + (*flags & firstSampleFlags ? 4 : 0);
    if (begin + one * run.samples > run.box.payloadBytes())
        return damaged("a box of a fragment is too short");
    if (!(*flags & (sampleDuration | sampleSize | compositionOffset))) {
        take({.bytes = run.defaultSize, .ticks = run.defaultDuration, .count = run.samples});
        return {};
    }
    for (std::uint32_t i = 0; i < run.samples; ++i) {
        auto fields = fieldsAt(window, run.box, begin + i * one, static_cast<std::size_t>(one));
        if (!fields) return std::unexpected(fields.error());
        take(sampleOf(*fields, *flags, run));
    }
    return {};
}

Result<void> readFragment(Window& window, const Box& moof, Movie& movie, const OnRun& onRun) {
    BoxWalk walk(window, moof);
    auto dataEnd = moof.begin;
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if ((*box)->type == fourCc("pssh")) movie.isEncrypted = true;
        if ((*box)->type != fourCc("traf")) continue;
        Part part{.moof = &moof, .base = dataEnd, .dataEnd = dataEnd};
        if (auto read = readTrackFragment(window, **box, movie, part, onRun); !read) return read;
        dataEnd = part.dataEnd;
        if (!part.track) continue;
        part.track->fragmentsEnd = std::max(part.track->fragmentsEnd, part.time);
        part.track->fragmentSamples += part.samples;
    }
}

}  // namespace auricle::media
