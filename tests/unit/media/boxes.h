// Small MP4 files made by hand, one box at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/container.h"

namespace auricle::test {

inline std::string big(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> 8 * i & 0xff);
    return out;
}
inline std::string u16(std::uint64_t value) {
    return big(value, 2);
}
inline std::string u32(std::uint64_t value) {
    return big(value, 4);
}
inline std::string u64(std::uint64_t value) {
    return big(value, 8);
}
inline std::string zeros(std::size_t count) {
    return std::string(count, '\0');
}

inline std::string box(std::string_view type, std::string_view payload) {
    return u32(8 + payload.size()).append(type).append(payload);
}
inline std::string largeBox(std::string_view type, std::string_view payload) {
    return u32(1).append(type).append(u64(16 + payload.size())).append(payload);
}
/// A box whose size says 0: up to the end.
inline std::string openBox(std::string_view type, std::string_view payload) {
    return u32(0).append(type).append(payload);
}

inline std::string ftyp() {
    return box("ftyp", "M4A " + u32(0) + "M4A mp42");
}

struct TrackRecipe {
    std::string handler = "soun", codec = "mp4a";
    std::uint32_t id = 1, timescale = 48'000;
    std::uint64_t duration = 96'000;
    bool isLong = false;       ///< version 1 headers and co64
    bool isLastFirst = false;  ///< hdlr behind minf
    std::vector<std::uint64_t> chunks{};
    std::vector<std::uint32_t> sizes{};
    std::uint32_t samplesInChunk = 1;
    std::string inEntry{};  ///< boxes inside the sample description
};

inline std::string header(std::string_view type, bool isLong, std::uint32_t timescale,
                          std::uint64_t duration) {
    auto times =
        isLong ? zeros(16) + u32(timescale) + u64(duration) : zeros(8) + u32(timescale) + u32(duration);
    return box(type, big(isLong, 1) + zeros(3) + times + zeros(80));
}

inline std::string stbl(const TrackRecipe& recipe) {
    auto fields = zeros(6) + u16(1) +
                  zeros(recipe.handler == "vide"   ? 70
                        : recipe.handler == "soun" ? 20
                                                   : 0);
    std::string offsets, sizes;
    for (auto offset : recipe.chunks) offsets += big(offset, recipe.isLong ? 8 : 4);
    for (auto size : recipe.sizes) sizes += u32(size);
    return box("stbl",
               box("stsd", zeros(4) + u32(1) + box(recipe.codec, fields + recipe.inEntry)) +
                   box("stts", zeros(8)) +
                   box("stsc", zeros(4) + u32(1) + u32(1) + u32(recipe.samplesInChunk) + u32(1)) +
                   box("stsz", zeros(8) + u32(recipe.sizes.size()) + sizes) +
                   box(recipe.isLong ? "co64" : "stco", zeros(4) + u32(recipe.chunks.size()) + offsets));
}

inline std::string trak(const TrackRecipe& recipe) {
    auto tkhd = box("tkhd", zeros(recipe.isLong ? 20 : 12) + u32(recipe.id) + zeros(60));
    tkhd[8] = static_cast<char>(recipe.isLong);
    auto hdlr = box("hdlr", zeros(8) + recipe.handler + zeros(13));
    auto minf = box("minf", stbl(recipe));
    return box("trak", tkhd + box("mdia", header("mdhd", recipe.isLong, recipe.timescale, recipe.duration) +
                                              (recipe.isLastFirst ? minf + hdlr : hdlr + minf)));
}

inline std::string moov(const std::string& traks, const std::string& more = "") {
    return box("moov", header("mvhd", false, 1000, 2000) + traks + more);
}

/// ftyp, mdat, moov: two chunks of 10 bytes each. The samples begin at byte `mdatAt`.
constexpr std::uint64_t mdatAt = 24 + 8;
inline std::string soundFile(TrackRecipe recipe = {}, const std::string& more = "") {
    if (recipe.chunks.empty()) recipe.chunks = {mdatAt, mdatAt + 10};
    if (recipe.sizes.empty()) recipe.sizes = {10, 10};
    return ftyp() + box("mdat", zeros(20)) + moov(trak(recipe), more);
}

inline Result<media::Container> probeText(std::string_view text) {
    return media::probe(media::MemorySource(std::as_bytes(std::span(text.data(), text.size()))));
}
inline media::FirstLook lookAt(std::string_view text) {
    return media::firstLook(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace auricle::test
