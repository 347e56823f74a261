#include "media/fragment_writer.h"

#include <algorithm>
#include <limits>

#include "media/box_writer.h"
#include "media/fields.h"

namespace auricle::media {
namespace {

constexpr std::uint32_t soundTrack = 1;
constexpr std::uint64_t mostBytes = std::numeric_limits<std::int32_t>::max();
// Flags of tfhd and trun (sections 8.8.7 and 8.8.8).
constexpr std::uint32_t defaultDuration = 0x000008, defaultBaseIsMoof = 0x020000;
constexpr std::uint32_t dataOffset = 0x000001, sampleDuration = 0x000100, sampleSize = 0x000200;

std::span<const std::byte> firstBox(std::span<const std::byte> bytes) {
    return bytes.first(Fields(bytes).u32());
}

void writeFileType(BoxWriter& out) {
    auto ftyp = out.box(fourCc("ftyp"));
    out.u32(fourCc("iso6"));
    out.u32(0x200);
    for (auto brand : {fourCc("iso6"), fourCc("mp42"), fourCc("M4A ")}) out.u32(brand);
}

void writeExtends(BoxWriter& out) {
    auto mvex = out.box(fourCc("mvex"));
    auto trex = out.fullBox(fourCc("trex"));
    out.u32(soundTrack);
    out.u32(1);  // the only sample description
    out.zeros(12);
}

bool haveOneDuration(const SampleBatch& batch) {
    return std::ranges::all_of(batch.samples, [&](const SampleBatch::Sample& one) {
        return one.ticks == batch.samples.front().ticks;
    });
}

void writeTrackHeader(BoxWriter& out, const SampleBatch& batch, bool isUniform) {
    auto tfhd = out.fullBox(fourCc("tfhd"), 0, defaultBaseIsMoof | (isUniform ? defaultDuration : 0));
    out.u32(soundTrack);
    if (isUniform) out.u32(batch.samples.front().ticks);
}

/// Gives the place where the offset of the samples is to be written.
std::size_t writeRun(BoxWriter& out, const SampleBatch& batch, bool isUniform) {
    auto trun = out.fullBox(fourCc("trun"), 0, dataOffset | sampleSize | (isUniform ? 0 : sampleDuration));
    out.u32(batch.samples.size());
    auto place = out.size();
    out.u32(0);
    for (const auto& sample : batch.samples) {
        if (!isUniform) out.u32(sample.ticks);
        out.u32(sample.bytes);
    }
    return place;
}

/// Gives what writeRun() does.
std::size_t writeTrackFragment(BoxWriter& out, std::uint64_t decodeTime, const SampleBatch& batch) {
    auto traf = out.box(fourCc("traf"));
    bool isUniform = !batch.samples.empty() && haveOneDuration(batch);
    writeTrackHeader(out, batch, isUniform);
    {
        auto tfdt = out.fullBox(fourCc("tfdt"), 1);
        out.u64(decodeTime);
    }
    return writeRun(out, batch, isUniform);
}

}  // namespace

std::vector<std::byte> fragmentedHead(const AudioFormat& format) {
    // The head of an .m4a without samples, and in its moov the word that they come in fragments.
    auto plain = m4aHead(format, {}, {});
    std::span<const std::byte> rest(plain);
    rest = rest.subspan(firstBox(rest).size());
    auto moov = firstBox(rest).subspan(8);
    BoxWriter out(plain.size() + 64);
    writeFileType(out);
    {
        auto box = out.box(fourCc("moov"));
        out.raw(moov);
        writeExtends(out);
    }
    return out.take();
}

Result<std::vector<std::byte>> fragment(std::uint32_t sequence, std::uint64_t decodeTime,
                                        const SampleBatch& batch) {
    constexpr std::size_t headers = 128, mdatHeader = 8;
    auto expected = headers + batch.samples.size() * 8 + batch.bytes.size();
    if (expected > mostBytes) return fail(Kind::too_large, "A segment of the stream is larger than 2 GiB.");
    BoxWriter out(expected);
    std::size_t place = 0;
    {
        auto moof = out.box(fourCc("moof"));
        {
            auto mfhd = out.fullBox(fourCc("mfhd"));
            out.u32(sequence);
        }
        place = writeTrackFragment(out, decodeTime, batch);
    }
    out.overwrite(place, 4, out.size() + mdatHeader);
    {
        auto mdat = out.box(fourCc("mdat"));
        out.raw(batch.bytes);
    }
    return out.take();
}

}  // namespace auricle::media
