#include "delivery/clean_text.h"

#include <algorithm>

namespace auricle::delivery {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool isContinuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Takes one code point off the front; malformed bytes (RFC 3629 section 3) come as U+FFFD one at a time.
char32_t takeCodePoint(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    char32_t point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    bool isSound = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4 && text.size() >= size);
    for (std::size_t i = 1; isSound && i < size; ++i) {
        isSound = isContinuation(text[i]);
        point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    }
    if (isSound && size > 1)
        isSound = point >= smallest[size] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    text.remove_prefix(isSound ? size : 1);
    return isSound ? point : replacement;
}

void append(std::string& text, char32_t point) {
    if (point < 0x80) {
        text += static_cast<char>(point);
        return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr unsigned leads[] = {0, 0xC0, 0xE0, 0xF0};
    text += static_cast<char>(leads[more] | (point >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F));
}

bool isSpace(char32_t point) {
    return point <= 0x20 || (point >= 0x7F && point <= 0xA0) || (point >= 0x2000 && point <= 0x200A) ||
           point == 0x2028 || point == 0x2029 || point == 0x3000;
}

/// Directional and other format characters, variation tags, private controls. The joiners U+200C and U+200D
/// stay: Persian and many Indian words are wrong without them.
bool isUnseen(char32_t point) {
    return point == 0xAD || point == 0x61C || point == 0x180E || point == 0x200B || point == 0x200E ||
           point == 0x200F || (point >= 0x202A && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
           point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) || (point & 0xFFFE) == 0xFFFE ||
           (point >= 0xFDD0 && point <= 0xFDEF) || (point >= 0xE0000 && point <= 0xE0FFF);
}

}  // namespace

std::string cleanLine(std::string_view text) {
    std::string clean;
    bool isSpaceDue = false;
    while (!text.empty()) {
        const char32_t point = takeCodePoint(text);
        if (isUnseen(point)) continue;
        if (isSpace(point)) {
            isSpaceDue = !clean.empty();
            continue;
        }
        if (std::exchange(isSpaceDue, false)) clean += ' ';
        append(clean, point);
    }
    return clean;
}

std::string_view cutTo(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && isContinuation(text[bytes])) --bytes;
    return text.substr(0, bytes);
}

}  // namespace auricle::delivery
