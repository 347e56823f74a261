#include "media/id3_writer.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "media/box_writer.h"

namespace auricle::media {
namespace {

constexpr std::uint8_t latin1 = 0, utf16 = 1;
constexpr char32_t unreadable = 0xfffd;

/// The next code point of UTF-8, taken off the front.
char32_t nextOf(std::string_view& text) {
    auto lead = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (lead < 0x80) return lead;
    std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (more == 0 || lead > 0xf4 || text.size() < more) return unreadable;
    char32_t point = lead & (0x3fu >> more);
    for (std::size_t i = 0; i < more; ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return unreadable;
        point = point << 6 | (byte & 0x3fu);
    }
    text.remove_prefix(more);
    return point;
}

void putLittle(BoxWriter& out, char32_t unit) {
    out.big(1, unit & 0xff);
    out.big(1, unit >> 8 & 0xff);
}

/// With its byte order in front.
void putUtf16(BoxWriter& out, std::string_view text) {
    putLittle(out, 0xfeff);
    while (!text.empty()) {
        auto point = nextOf(text);
        if (point == 0 || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) point = unreadable;
        if (point < 0x10000) {
            putLittle(out, point);
        } else {
            putLittle(out, 0xd800 + ((point - 0x10000) >> 10));
            putLittle(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
}

/// A frame with what `inside()` writes; sizes are plain numbers in this version.
template <class Inside>
void putFrame(BoxWriter& out, FourCc name, Inside inside) {
    out.u32(name);
    auto place = out.size();
    out.u32(0);
    out.u16(0);
    inside();
    out.overwrite(place, 4, out.size() - place - 6);
}

void putText(BoxWriter& out, FourCc name, std::string_view text) {
    if (text.empty()) return;
    putFrame(out, name, [&] {
        out.big(1, utf16);
        putUtf16(out, text);
    });
}

void putNumbers(BoxWriter& out, FourCc name, std::string_view digits) {
    putFrame(out, name, [&] {
        out.big(1, latin1);
        out.text(digits);
    });
}

/// RFC 3339, or the beginning of it: the year, and day and month as DDMM.
void putDate(BoxWriter& out, std::string_view date) {
    const auto isNumber = [&](std::size_t at, std::size_t count) {
        auto part = date.substr(std::min(at, date.size()), count);
        return part.size() == count &&
               std::ranges::all_of(part, [](char digit) { return digit >= '0' && digit <= '9'; });
    };
    if (!isNumber(0, 4)) return;
    putNumbers(out, fourCc("TYER"), date.substr(0, 4));
    if (!isNumber(5, 2) || !isNumber(8, 2)) return;
    putNumbers(out, fourCc("TDAT"), std::string(date.substr(8, 2)).append(date.substr(5, 2)));
}

void putComment(BoxWriter& out, std::string_view text) {
    if (text.empty()) return;
    putFrame(out, fourCc("COMM"), [&] {
        out.big(1, utf16);
        out.text("eng");
        putUtf16(out, "");
        out.u16(0);
        putUtf16(out, text);
    });
}

/// Seven bits a byte, so that no player takes the size for a frame of sound.
std::uint32_t spread(std::size_t size) {
    return static_cast<std::uint32_t>((size & 0x7f) | (size & 0x3f80) << 1 | (size & 0x1fc000) << 2 |
                                      (size & 0xfe00000) << 3);
}

}  // namespace

std::vector<std::byte> id3Tag(const Tags& tags) {
    constexpr std::size_t headerBytes = 10;
    if (tags.title.empty() && tags.course.empty() && tags.date.empty() && tags.source.empty()) return {};
    BoxWriter out;
    out.text("ID3");
    out.big(1, 3);
    out.u16(0);
    out.u32(0);
    putText(out, fourCc("TIT2"), tags.title);
    putText(out, fourCc("TALB"), tags.course);
    putDate(out, tags.date);
    putComment(out, tags.source);
    out.overwrite(headerBytes - 4, 4, spread(out.size() - headerBytes));
    return out.take();
}

}  // namespace auricle::media
