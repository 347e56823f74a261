#include "media/m4a.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>

#include "media/box_writer.h"
#include "media/fields.h"

namespace auricle::media {
namespace {

constexpr std::uint64_t most32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t soundTrack = 1;
/// The unity matrix that mvhd and tkhd carry (section 8.2.2).
constexpr std::uint32_t matrix[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

/// `ticks` of one clock in those of another, rounded up; saturates.
std::uint64_t convert(std::uint64_t ticks, std::uint32_t from, std::uint32_t to) {
    auto whole = ticks / from, rest = ticks % from;
    if (whole > std::numeric_limits<std::uint64_t>::max() / to / 2)
        return std::numeric_limits<std::uint64_t>::max() / 2;
    return whole * to + (rest * to + from - 1) / from;
}

/// What the file is made of, counted before it is written.
struct Layout {
    std::uint64_t chunks = 0;
    std::uint32_t samplesInChunk = 1;  ///< about a second; the last chunk may have fewer
    std::vector<Edit> edits;
    std::uint64_t movieTicks = 0;  ///< duration of the movie
};

/// A source in fragments leaves the length of its last edit open (section 8.6.6.1), which a plain file may
/// not.
std::vector<Edit> closedEdits(const AudioFormat& format, const SampleList& samples) {
    auto edits = format.edits;
    if (edits.empty() || edits.back().duration != 0 || edits.back().mediaTime < 0) return edits;
    auto begin = static_cast<std::uint64_t>(edits.back().mediaTime);
    auto rest = samples.ticks() > begin ? samples.ticks() - begin : 0;
    edits.back().duration = convert(rest, format.timescale, format.movieTimescale);
    return edits;
}

Layout layOut(const AudioFormat& format, const SampleList& samples) {
    Layout layout;
    auto count = samples.count();
    auto seconds = std::max<std::uint64_t>(1, samples.ticks() / format.timescale);
    layout.samplesInChunk =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(count / seconds, 1, 1u << 20));
    layout.chunks = (count + layout.samplesInChunk - 1) / layout.samplesInChunk;
    layout.edits = closedEdits(format, samples);
    for (const auto& edit : layout.edits) layout.movieTicks += edit.duration;
    if (layout.edits.empty())
        layout.movieTicks = convert(samples.ticks(), format.timescale, format.movieTimescale);
    return layout;
}

/// The entry is QuickTime's own where its version is above 0 and that of `stsd` is not.
bool isQuickTime(const AudioFormat& format) {
    if (format.descriptionVersion != 0) return false;
    Fields fields(format.sampleEntry);
    fields.skip(16);
    return fields.u16() > 0 && fields.isWhole();
}

void writeFileType(BoxWriter& out, const AudioFormat& format) {
    auto ftyp = out.box(fourCc("ftyp"));
    out.u32(fourCc("M4A "));
    out.u32(0x200);
    for (auto brand : {fourCc("M4A "), fourCc("mp42"), fourCc("isom"), fourCc("iso2")}) out.u32(brand);
    if (isQuickTime(format)) out.u32(fourCc("qt  "));
}

/// The two times and the clock that mvhd and mdhd begin with.
void writeTimes(BoxWriter& out, bool isLong, std::uint32_t timescale, std::uint64_t duration) {
    out.zeros(isLong ? 16 : 8);
    out.u32(timescale);
    out.big(isLong ? 8 : 4, duration);
}

void writeMovieHeader(BoxWriter& out, const AudioFormat& format, const Layout& layout) {
    bool isLong = layout.movieTicks > most32;
    auto mvhd = out.fullBox(fourCc("mvhd"), isLong ? 1 : 0);
    writeTimes(out, isLong, format.movieTimescale, layout.movieTicks);
    out.u32(0x10000);
    out.u16(0x100);
    out.zeros(10);
    for (auto value : matrix) out.u32(value);
    out.zeros(24);
    out.u32(soundTrack + 1);
}

void writeTrackHeader(BoxWriter& out, const Layout& layout) {
    constexpr std::uint32_t enabledInMovie = 3;
    bool isLong = layout.movieTicks > most32;
    auto tkhd = out.fullBox(fourCc("tkhd"), isLong ? 1 : 0, enabledInMovie);
    out.zeros(isLong ? 16 : 8);
    out.u32(soundTrack);
    out.zeros(4);
    out.big(isLong ? 8 : 4, layout.movieTicks);
    out.zeros(8);
    out.u16(0);
    out.u16(0);
    out.u16(0x100);
    out.u16(0);
    for (auto value : matrix) out.u32(value);
    out.zeros(8);
}

void writeEdits(BoxWriter& out, const Layout& layout) {
    if (layout.edits.empty()) return;
    bool isLong = std::ranges::any_of(layout.edits, [](const Edit& edit) {
        return edit.duration > most32 || edit.mediaTime > std::numeric_limits<std::int32_t>::max();
    });
    auto edts = out.box(fourCc("edts"));
    auto elst = out.fullBox(fourCc("elst"), isLong ? 1 : 0);
    out.u32(layout.edits.size());
    for (const auto& edit : layout.edits) {
        out.big(isLong ? 8 : 4, edit.duration);
        out.big(isLong ? 8 : 4, static_cast<std::uint64_t>(edit.mediaTime));
        out.u32(edit.rate);
    }
}

void writeMediaHeader(BoxWriter& out, const AudioFormat& format, const SampleList& samples) {
    bool isLong = samples.ticks() > most32;
    auto mdhd = out.fullBox(fourCc("mdhd"), isLong ? 1 : 0);
    writeTimes(out, isLong, format.timescale, samples.ticks());
    out.u16(format.language);
    out.u16(0);
}

void writeHandler(BoxWriter& out) {
    auto hdlr = out.fullBox(fourCc("hdlr"));
    out.u32(0);
    out.u32(fourCc("soun"));
    out.zeros(12);
    out.text("Sound");
    out.zeros(1);
}

void writeDataReference(BoxWriter& out) {
    constexpr std::uint32_t selfContained = 1;
    auto dinf = out.box(fourCc("dinf"));
    auto dref = out.fullBox(fourCc("dref"));
    out.u32(1);
    auto url = out.fullBox(fourCc("url "), 0, selfContained);
}

/// A table of (count, value): stts and ctts.
void writeRuns(BoxWriter& out, const RunList& list) {
    // A count has 32 bits: a run that is longer stands as several.
    auto place = out.size();
    std::uint64_t entries = 0;
    out.u32(0);
    auto runs = list.read();
    while (auto run = runs.next()) {
        for (auto left = run->count; left > 0; ++entries) {
            auto count = std::min(left, most32);
            out.u32(count);
            out.u32(static_cast<std::uint64_t>(run->value));
            left -= count;
        }
    }
    out.overwrite(place, 4, entries);
}

void writeSampleTimes(BoxWriter& out, const SampleList& samples) {
    {
        auto stts = out.fullBox(fourCc("stts"));
        writeRuns(out, samples.times());
    }
    if (!samples.isShifted()) return;
    // Version 1 has signed offsets (section 8.6.1.3).
    auto ctts = out.fullBox(fourCc("ctts"), 1);
    writeRuns(out, samples.shifts());
}

void writeChunkRuns(BoxWriter& out, const SampleList& samples, const Layout& layout) {
    auto stsc = out.fullBox(fourCc("stsc"));
    auto last = samples.count() % layout.samplesInChunk;
    bool isLastShort = last != 0 && layout.chunks > 1;
    out.u32(layout.chunks == 0 ? 0 : isLastShort ? 2 : 1);
    if (layout.chunks == 0) return;
    out.u32(1);
    out.u32(std::min<std::uint64_t>(layout.samplesInChunk, samples.count()));
    out.u32(1);
    if (!isLastShort) return;
    out.u32(layout.chunks);
    out.u32(last);
    out.u32(1);
}

void writeSizes(BoxWriter& out, const SampleList& samples) {
    auto stsz = out.fullBox(fourCc("stsz"));
    auto common = samples.commonSize();
    out.u32(common.value_or(0));
    out.u32(samples.count());
    if (common) return;
    auto runs = samples.sizes().read();
    while (auto run = runs.next())
        for (auto i = run->count; i > 0; --i) out.u32(static_cast<std::uint64_t>(run->value));
}

/// The chunks' offsets counted from the first sample, each handed to `take`.
template <class Take>
void eachChunk(const SampleList& samples, const Layout& layout, Take take) {
    auto runs = samples.sizes().read();
    std::uint64_t offset = 0, inChunk = 0;
    while (auto run = runs.next()) {
        for (auto left = run->count; left > 0;) {
            if (inChunk == 0) take(offset);
            auto count = std::min<std::uint64_t>(left, layout.samplesInChunk - inChunk);
            offset += count * static_cast<std::uint64_t>(run->value);
            inChunk = (inChunk + count) % layout.samplesInChunk;
            left -= count;
        }
    }
}

struct ChunkOffsets {
    std::size_t place = 0;  ///< of the first entry in the buffer
    std::size_t width = 4;  ///< bytes of an entry
};

/// The offsets are filled in when the size of the head is known.
ChunkOffsets reserveChunkOffsets(BoxWriter& out, const SampleList& samples, const Layout& layout) {
    // The head is far smaller than the half that is left to it.
    ChunkOffsets offsets{.width = samples.bytes() > most32 / 2 ? std::size_t{8} : std::size_t{4}};
    auto box = out.fullBox(offsets.width == 8 ? fourCc("co64") : fourCc("stco"));
    out.u32(layout.chunks);
    offsets.place = out.size();
    out.zeros(static_cast<std::size_t>(layout.chunks) * offsets.width);
    return offsets;
}

ChunkOffsets writeSampleTable(BoxWriter& out, const AudioFormat& format, const SampleList& samples,
                              const Layout& layout) {
    auto stbl = out.box(fourCc("stbl"));
    {
        auto stsd = out.fullBox(fourCc("stsd"), format.descriptionVersion);
        out.u32(1);
        out.raw(format.sampleEntry);
    }
    writeSampleTimes(out, samples);
    writeChunkRuns(out, samples, layout);
    writeSizes(out, samples);
    auto offsets = reserveChunkOffsets(out, samples, layout);
    out.raw(format.sampleGroups);
    return offsets;
}

ChunkOffsets writeTrack(BoxWriter& out, const AudioFormat& format, const SampleList& samples,
                        const Layout& layout) {
    auto trak = out.box(fourCc("trak"));
    writeTrackHeader(out, layout);
    writeEdits(out, layout);
    auto mdia = out.box(fourCc("mdia"));
    writeMediaHeader(out, format, samples);
    writeHandler(out);
    auto minf = out.box(fourCc("minf"));
    {
        auto smhd = out.fullBox(fourCc("smhd"));
        out.zeros(4);
    }
    writeDataReference(out);
    return writeSampleTable(out, format, samples, layout);
}

void writeTag(BoxWriter& out, FourCc name, std::string_view text) {
    if (text.empty()) return;
    constexpr std::uint32_t utf8 = 1;
    auto item = out.box(name);
    auto data = out.box(fourCc("data"));
    out.u32(utf8);
    out.u32(0);
    out.text(text);
}

void writeTags(BoxWriter& out, const Tags& tags) {
    if (tags == Tags{}) return;
    auto udta = out.box(fourCc("udta"));
    auto meta = out.fullBox(fourCc("meta"));
    {
        auto hdlr = out.fullBox(fourCc("hdlr"));
        out.u32(0);
        out.u32(fourCc("mdir"));
        out.u32(fourCc("appl"));
        out.zeros(9);
    }
    auto ilst = out.box(fourCc("ilst"));
    writeTag(out, fourCc("\xa9nam"), tags.title);
    writeTag(out,
             fourCc("\xa9"
                    "alb"),
             tags.course);
    writeTag(out,
             fourCc("\xa9"
                    "day"),
             tags.date);
    writeTag(out,
             fourCc("\xa9"
                    "cmt"),
             tags.source);
}

void writeDataHeader(BoxWriter& out, std::uint64_t sampleBytes) {
    constexpr std::uint64_t header = 8, largeHeader = 16;
    bool isLarge = sampleBytes > most32 - header;
    out.u32(isLarge ? 1 : sampleBytes + header);
    out.u32(fourCc("mdat"));
    if (isLarge) out.u64(sampleBytes + largeHeader);
}

std::size_t expectedBytes(const AudioFormat& format, const SampleList& samples, const Layout& layout) {
    constexpr std::size_t allElse = 2048;
    auto sizes = samples.commonSize() ? 0 : samples.count() * 4;
    auto times = (samples.times().runs() + (samples.isShifted() ? samples.shifts().runs() : 0)) * 8;
    return static_cast<std::size_t>(sizes + times + layout.chunks * 8) + format.sampleEntry.size() +
           format.sampleGroups.size() + allElse;
}

}  // namespace

std::vector<std::byte> m4aHead(const AudioFormat& format, const SampleList& samples, const Tags& tags) {
    auto layout = layOut(format, samples);
    BoxWriter out(expectedBytes(format, samples, layout));
    writeFileType(out, format);
    ChunkOffsets offsets;
    {
        auto moov = out.box(fourCc("moov"));
        writeMovieHeader(out, format, layout);
        offsets = writeTrack(out, format, samples, layout);
        writeTags(out, tags);
    }
    writeDataHeader(out, samples.bytes());
    eachChunk(samples, layout, [&, headBytes = out.size()](std::uint64_t offset) {
        out.overwrite(offsets.place, offsets.width, headBytes + offset);
        offsets.place += offsets.width;
    });
    return out.take();
}

}  // namespace auricle::media
