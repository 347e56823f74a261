// MP4 files with an index of another shape than ffmpeg gives it, and ones with more chunks than it would
// write.
#pragma once

#include <malloc.h>

#include <string>
#include <string_view>

#include "tests/unit/media/boxes.h"

namespace auricle::test {

inline std::uint64_t number(std::string_view bytes, std::size_t at, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

/// `content` (boxes one after the other, the first `skip` bytes are none) with `change` applied to the
/// payload of each box of that type, at any depth; the change gives the whole new box.
template <class Change>
std::string rebuilt(std::string_view content, std::string_view type, Change change, std::size_t skip = 0) {
    std::string out(content.substr(0, skip));
    for (auto at = skip; at + 8 <= content.size();) {
        auto size = number(content, at, 4);
        if (size < 8 || at + size > content.size()) return out.append(content.substr(at));
        auto name = content.substr(at + 4, 4);
        auto payload = content.substr(at + 8, size - 8);
        bool isParent = false;
        for (std::string_view parent : {"moov", "trak", "mdia", "minf", "stbl", "moof", "traf"})
            isParent = isParent || name == parent;
        out += name == type ? change(payload)
               : isParent   ? box(name, rebuilt(payload, type, change))
                            : std::string(content.substr(at, size));
        at += size;
    }
    return out;
}

inline std::string renamed(std::string_view file, std::string_view from, std::string_view to) {
    return rebuilt(file, from, [to](std::string_view payload) { return box(to, payload); });
}

/// A file with moov behind: co64 in place of stco.
inline std::string withLongOffsets(std::string_view file) {
    return rebuilt(file, "stco", [](std::string_view payload) {
        std::string out(payload.substr(0, 8));
        for (std::size_t at = 8; at < payload.size(); at += 4) out += u64(number(payload, at, 4));
        return box("co64", out);
    });
}

/// A file with moov behind: stz2 in place of stsz, where the sizes of a track fit.
inline std::string withCompactSizes(std::string_view file, int bits) {
    return rebuilt(file, "stsz", [bits](std::string_view payload) {
        auto count = number(payload, 8, 4);
        std::string out = zeros(4) + zeros(3) + big(static_cast<unsigned>(bits), 1) + u32(count);
        for (std::size_t i = 0; i < count; ++i) {
            auto size = payload.size() > 12 ? number(payload, 12 + i * 4, 4) : number(payload, 4, 4);
            if (size >> bits) return box("stsz", payload);
            if (bits > 4) {
                out += big(size, bits / 8);
            } else if (i % 2 == 0) {
                out += static_cast<char>(size << 4);
            } else {
                out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | size);
            }
        }
        return box("stz2", out);
    });
}

/// ffmpeg leaves room for it: an empty box before mdat.
inline std::string withLongMdat(std::string file) {
    auto at = file.find("mdat") - 4;
    auto size = number(file, at, 4);
    auto room = at - 8;
    return file.replace(room, 16, u32(1) + "mdat" + u64(size + 8));
}

/// AAC packets of changing sizes, each in a chunk of its own behind some bytes of picture; moov in front.
inline std::string finestInterleave(std::uint32_t packets, std::uint32_t gap = 11) {
    auto sizeOf = [](std::uint32_t i) { return 300 + i * 7919 % 97; };
    const std::string esds(
        "\0\0\0\0\x03\x19\0\0\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x11\x90\x06\x01\x02", 31);
    auto entry = box("mp4a", zeros(6) + u16(1) + zeros(8) + u16(2) + u16(16) + zeros(4) + u32(48'000u << 16) +
                                 box("esds", esds));
    auto tables = [&](std::uint64_t first) {
        std::string offsets, sizes;
        offsets.reserve(packets * 4ul), sizes.reserve(packets * 4ul);
        for (std::uint32_t i = 0; i < packets; ++i) {
            offsets += u32(first);
            sizes += u32(sizeOf(i));
            first += sizeOf(i) + gap;
        }
        return box("stsz", zeros(8) + u32(packets) + sizes) + box("stco", zeros(4) + u32(packets) + offsets);
    };
    auto build = [&](std::uint64_t first) {
        auto sampleTable =
            box("stbl", box("stsd", zeros(4) + u32(1) + entry) +
                            box("stts", zeros(4) + u32(1) + u32(packets) + u32(1024)) +
                            box("stsc", zeros(4) + u32(1) + u32(1) + u32(1) + u32(1)) + tables(first));
        auto dinf = box("dinf", box("dref", zeros(4) + u32(1) + box("url ", u32(1))));
        auto mdia =
            box("mdia", box("mdhd", zeros(12) + u32(48'000) + u32(packets * 1024u) + u32(0x55c40000)) +
                            box("hdlr", zeros(8) + "soun" + zeros(13)) +
                            box("minf", box("smhd", zeros(8)) + dinf + sampleTable));
        auto tkhd = box("tkhd", u32(3) + zeros(8) + u32(1) + zeros(4) + u32(packets * 21) + zeros(60));
        return ftyp() + moov(box("trak", tkhd + mdia));
    };
    auto head = build(0).size();
    auto file = build(head + 8 + gap);
    std::string data;
    data.reserve(packets * (350ul + gap));
    for (std::uint32_t i = 0; i < packets; ++i)
        data.append(gap, 'v').append(sizeOf(i), static_cast<char>('A' + i % 57));
    return file + box("mdat", data);
}

inline std::uint64_t heapBytes() {
    auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace auricle::test
