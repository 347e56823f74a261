#include "media/movie.h"

#include <algorithm>
#include <optional>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::size_t maxTracks = 1000;
constexpr std::uint64_t fullBoxBytes = 4;
constexpr std::size_t mostGroups = 16;

/// At most `count` bytes of a box's payload; what is missing reads as zeros, which Fields remembers.
Result<Fields> fieldsOf(Window& window, const Box& box, std::size_t count) {
    auto bytes =
        window.at(box.payload, static_cast<std::size_t>(std::min<std::uint64_t>(count, box.payloadBytes())));
    if (!bytes) return std::unexpected(bytes.error());
    return Fields(*bytes);
}

struct Times {
    std::uint32_t timescale;
    std::uint64_t duration;
};

/// The common beginning of mvhd and mdhd (sections 8.2.2 and 8.4.2). All ones mean a duration that is not
/// known.
Result<Times> readTimes(Window& window, const Box& box) {
    auto fields = fieldsOf(window, box, 36);
    if (!fields) return std::unexpected(fields.error());
    bool isLong = fields->u8() == 1;
    fields->skip(3 + (isLong ? 16 : 8));
    Times times{.timescale = fields->u32(), .duration = fields->big(isLong ? 8 : 4)};
    if (!fields->isWhole()) return damaged("a header box (mvhd or mdhd) is too short");
    if (times.duration == (isLong ? UINT64_MAX : UINT32_MAX)) times.duration = 0;
    return times;
}

Result<std::uint32_t> readHandler(Window& window, const Box& hdlr) {
    auto fields = fieldsOf(window, hdlr, 12);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(8);
    return fields->u32();
}

Result<void> readTrackHeader(Window& window, const Box& tkhd, Track& track) {
    auto fields = fieldsOf(window, tkhd, 24);
    if (!fields) return std::unexpected(fields.error());
    bool isLong = fields->u8() == 1;
    track.isEnabled = (fields->big(3) & 1) != 0;
    fields->skip(isLong ? 16 : 8);
    track.id = fields->u32();
    return {};
}

/// `elst` (section 8.6.6). Players obey a handful of edits; a list of thousands is none of a recording.
Result<void> readEdits(Window& window, const Box& elst, Track& track) {
    constexpr std::uint32_t mostEdits = 500;
    auto fields = fieldsOf(window, elst, 8);
    if (!fields) return std::unexpected(fields.error());
    bool isLong = fields->u8() == 1;
    fields->skip(3);
    auto count = fields->u32();
    std::size_t entryBytes = isLong ? 20 : 12;
    if (count > mostEdits) return damaged("its edit list has more than 500 entries");
    if (count * entryBytes + 8 > elst.payloadBytes()) return damaged("its edit list is too short");
    fields = fieldsOf(window, elst, 8 + count * entryBytes);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(8);
    for (std::uint32_t i = 0; i < count; ++i) {
        Edit edit{.duration = fields->big(isLong ? 8 : 4)};
        edit.mediaTime = isLong ? static_cast<std::int64_t>(fields->u64())
                                : std::int64_t{static_cast<std::int32_t>(fields->u32())};
        edit.rate = fields->u32();
        track.edits.push_back(edit);
    }
    return {};
}

/// `elng` (section 8.4.6): a BCP 47 tag that ends with a zero.
Result<void> readLanguageTag(Window& window, const Box& elng, Track& track) {
    auto fields = fieldsOf(window, elng, 4 + 64);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(fullBoxBytes);
    track.languageTag.clear();
    while (fields->left() > 0) {
        auto character = static_cast<char>(fields->u8());
        if (character == 0) break;
        track.languageTag += character;
    }
    return {};
}

/// A table of `count` entries that begins `skip` bytes into the payload.
Result<Table> tableOf(const Box& box, std::uint64_t skip, std::uint32_t count, std::uint32_t entryBits) {
    if (skip > box.payloadBytes() || (std::uint64_t{count} * entryBits + 7) / 8 > box.payloadBytes() - skip) {
        return damaged("a table of its index is shorter than it says");
    }
    return Table{.offset = box.payload + skip, .count = count, .entryBits = entryBits};
}

Result<Table> readTable(Window& window, const Box& box, std::uint32_t entryBits) {
    auto fields = fieldsOf(window, box, 8);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(fullBoxBytes);
    return tableOf(box, 8, fields->u32(), entryBits);
}

Result<void> readSizes(Window& window, const Box& box, SampleTable& samples) {
    auto fields = fieldsOf(window, box, 12);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(fullBoxBytes);
    std::uint32_t entryBits = 32;
    if (box.type == fourCc("stsz")) {
        samples.constantSize = fields->u32();
    } else {
        fields->skip(3);
        entryBits = fields->u8();
        if (entryBits != 4 && entryBits != 8 && entryBits != 16)
            return damaged("its index has sizes of an impossible width");
    }
    samples.sampleCount = fields->u32();
    if (!fields->isWhole()) return damaged("a table of its index is shorter than it says");
    if (samples.constantSize != 0) return {};
    auto table = tableOf(box, 12, samples.sampleCount, entryBits);
    if (!table) return std::unexpected(table.error());
    samples.sizes = *table;
    return {};
}

/// The object type of an `esds` box's decoder (ISO/IEC 14496-1 section 7.2.6), or nothing.
Result<std::optional<std::uint8_t>> readObjectType(Window& window, const Box& esds) {
    auto fields = fieldsOf(window, esds, 64);
    if (!fields) return std::unexpected(fields.error());
    auto skipLength = [&] {
        for (int i = 0; i < 4 && (fields->u8() & 0x80) != 0; ++i) continue;
    };
    fields->skip(fullBoxBytes);
    if (fields->u8() != 3) return std::nullopt;
    skipLength();
    fields->skip(2);
    auto flags = fields->u8();
    if (flags & 0x80) fields->skip(2);
    if (flags & 0x40) fields->skip(fields->u8());
    if (flags & 0x20) fields->skip(2);
    if (fields->u8() != 4) return std::nullopt;
    skipLength();
    auto type = fields->u8();
    return fields->isWhole() ? std::optional(type) : std::nullopt;
}

/// Bytes between a sample entry's header and the boxes inside it (ISO/IEC 14496-12 section 12; QuickTime's
/// versions 1 and 2 of the sound description are longer).
Result<std::uint64_t> entryFieldBytes(Window& window, const Box& entry, const Track& track) {
    constexpr std::uint64_t common = 8;
    if (track.isPicture()) return common + 70;
    if (!track.isSound()) return entry.payloadBytes();
    auto fields = fieldsOf(window, entry, 10);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(8);
    auto version = fields->u16();
    return common + 20 + (version == 1 ? 16 : version == 2 ? 36 : 0);
}

bool isProtectedFormat(FourCc type) {
    return type == fourCc("enca") || type == fourCc("encv") || type == fourCc("drms") ||
           type == fourCc("drmi");
}

bool isImageFormat(FourCc type) {
    return type == fourCc("jpeg") || type == fourCc("png ") || type == fourCc("mjpa") ||
           type == fourCc("mjpb");
}

Result<void> readSampleEntry(Window& window, const Box& entry, Track& track) {
    if (track.codec == 0) track.codec = entry.type;
    if (isProtectedFormat(entry.type)) track.isEncrypted = true;
    if (isImageFormat(entry.type)) track.isImage = true;
    auto skip = entryFieldBytes(window, entry, track);
    if (!skip) return std::unexpected(skip.error());
    BoxWalk walk(window, entry, *skip);
    for (;;) {
        auto box = walk.next();
        // What follows the fields is not always boxes; nothing depends on those that cannot be read.
        if (!box && box.error().kind == Kind::not_media) return {};
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if ((*box)->type == fourCc("sinf")) track.isEncrypted = true;
        if ((*box)->type == fourCc("esds") && entry.type == fourCc("mp4v")) {
            constexpr std::uint8_t jpeg = 0x6c, png = 0x6d;
            auto type = readObjectType(window, **box);
            if (!type) return std::unexpected(type.error());
            if (*type == jpeg || *type == png) track.isImage = true;
        }
    }
}

/// Goes through the boxes inside `parent` and hands each to `visit(box)`, which gives Result<void>.
template <class Visit>
Result<void> eachBox(Window& window, const Box& parent, std::uint64_t skip, Visit visit) {
    BoxWalk walk(window, parent, skip);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if (Result<void> visited = visit(**box); !visited) return visited;
    }
}

template <class T>
Result<void> store(Result<T> value, T& into) {
    if (!value) return std::unexpected(value.error());
    into = *value;
    return {};
}

Result<void> readDescriptions(Window& window, const Box& stsd, Track& track) {
    constexpr std::size_t mostDescriptions = 64;
    auto fields = fieldsOf(window, stsd, 1);
    if (!fields) return std::unexpected(fields.error());
    track.descriptionVersion = fields->u8();
    return eachBox(window, stsd, fullBoxBytes + 4, [&](const Box& entry) {
        if (track.descriptions.size() < mostDescriptions) track.descriptions.push_back(entry);
        return readSampleEntry(window, entry, track);
    });
}

Result<void> readSampleTable(Window& window, const Box& stbl, Track& track) {
    return eachBox(window, stbl, 0, [&](const Box& box) -> Result<void> {
        switch (box.type) {
            case fourCc("stsd"):
                return readDescriptions(window, box, track);
            case fourCc("stts"):
                return store(readTable(window, box, 64), track.samples.times);
            case fourCc("ctts"):
                return store(readTable(window, box, 64), track.samples.shifts);
            case fourCc("sgpd"):
            case fourCc("sbgp"):
                if (track.groups.size() < mostGroups) track.groups.push_back(box);
                return {};
            case fourCc("stco"):
                return store(readTable(window, box, 32), track.samples.chunkOffsets);
            case fourCc("co64"):
                return store(readTable(window, box, 64), track.samples.chunkOffsets);
            case fourCc("stsc"):
                return store(readTable(window, box, 96), track.samples.runs);
            case fourCc("stsz"):
            case fourCc("stz2"):
                return readSizes(window, box, track.samples);
            default:
                return {};
        }
    });
}

Result<void> readMediaHeader(Window& window, const Box& mdhd, Track& track) {
    auto times = readTimes(window, mdhd);
    if (!times) return std::unexpected(times.error());
    track.timescale = times->timescale;
    track.duration = times->duration;
    auto fields = fieldsOf(window, mdhd, 36);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(fields->u8() == 1 ? 31 : 19);
    track.language = fields->u16();
    return {};
}

Result<void> readDataInformation(Window& window, const Box& dinf, Track& track) {
    return eachBox(window, dinf, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("dref")) track.dataReferences = box;
        return {};
    });
}

/// `mdia`. Its handler has to be known before the sample descriptions can be read, and may stand behind them.
Result<void> readMedia(Window& window, const Box& mdia, Track& track) {
    std::optional<Box> minf;
    auto read = eachBox(window, mdia, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("mdhd")) return readMediaHeader(window, box, track);
        if (box.type == fourCc("hdlr")) return store(readHandler(window, box), track.handler);
        if (box.type == fourCc("elng")) return readLanguageTag(window, box, track);
        if (box.type == fourCc("minf")) minf = box;
        return {};
    });
    if (!read || !minf) return read;
    return eachBox(window, *minf, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("dinf")) return readDataInformation(window, box, track);
        return box.type == fourCc("stbl") ? readSampleTable(window, box, track) : Result<void>{};
    });
}

Result<void> readTrack(Window& window, const Box& trak, Movie& movie) {
    if (movie.tracks.size() == maxTracks) return damaged("it has more than a thousand tracks");
    Track track;
    auto read = eachBox(window, trak, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("tkhd")) return readTrackHeader(window, box, track);
        if (box.type == fourCc("edts")) {
            return eachBox(window, box, 0, [&](const Box& list) -> Result<void> {
                return list.type == fourCc("elst") ? readEdits(window, list, track) : Result<void>{};
            });
        }
        if (box.type == fourCc("mdia")) return readMedia(window, box, track);
        return {};
    });
    if (read) movie.tracks.push_back(std::move(track));
    return read;
}

struct Defaults {
    std::uint32_t track = 0, description = 0, duration = 0, size = 0;
};

Result<Defaults> readDefaults(Window& window, const Box& trex) {
    auto fields = fieldsOf(window, trex, 24);
    if (!fields) return std::unexpected(fields.error());
    fields->skip(fullBoxBytes);
    Defaults defaults{.track = fields->u32()};
    defaults.description = fields->u32();
    defaults.duration = fields->u32();
    defaults.size = fields->u32();
    return defaults;
}

Result<std::uint64_t> readFragmentDuration(Window& window, const Box& mehd) {
    auto fields = fieldsOf(window, mehd, 12);
    if (!fields) return std::unexpected(fields.error());
    bool isLong = fields->u8() == 1;
    fields->skip(3);
    auto duration = fields->big(isLong ? 8 : 4);
    return duration == (isLong ? UINT64_MAX : UINT32_MAX) ? 0 : duration;
}

/// `mvex`, after all tracks are known: it may stand before them.
Result<void> readExtends(Window& window, const Box& mvex, Movie& movie) {
    return eachBox(window, mvex, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("mehd"))
            return store(readFragmentDuration(window, box), movie.fragmentDuration);
        if (box.type != fourCc("trex")) return {};
        auto defaults = readDefaults(window, box);
        if (!defaults) return std::unexpected(defaults.error());
        if (auto* track = movie.find(defaults->track)) {
            track->defaultDescription = defaults->description;
            track->defaultSampleDuration = defaults->duration;
            track->defaultSampleSize = defaults->size;
        }
        return {};
    });
}

}  // namespace

Track* Movie::find(std::uint32_t id) {
    auto found = std::ranges::find(tracks, id, &Track::id);
    return found == tracks.end() ? nullptr : &*found;
}

Result<Movie> readMovie(Window& window, const Box& moov) {
    Movie movie;
    std::optional<Box> mvex;
    auto read = eachBox(window, moov, 0, [&](const Box& box) -> Result<void> {
        if (box.type == fourCc("trak")) return readTrack(window, box, movie);
        if (box.type == fourCc("pssh")) movie.isEncrypted = true;
        if (box.type == fourCc("mvex")) mvex = box;
        if (box.type != fourCc("mvhd")) return {};
        auto times = readTimes(window, box);
        if (!times) return std::unexpected(times.error());
        movie.timescale = times->timescale;
        movie.duration = times->duration;
        return {};
    });
    if (read && mvex) {
        movie.isFragmented = true;
        read = readExtends(window, *mvex, movie);
    }
    if (!read) return std::unexpected(read.error());
    return movie;
}

}  // namespace auricle::media
