#include "sites/plain_text.h"

#include <cstdint>

namespace auricle::sites {
namespace {

constexpr char32_t none = 0xffffffff;

/// Takes the next character from `rest`, or gives `none` for a byte that begins none.
char32_t takeCharacter(std::string_view& rest) {
    auto lead = static_cast<unsigned char>(rest.front());
    std::size_t length = lead < 0x80                   ? 1
                         : lead >= 0xc2 && lead < 0xe0 ? 2
                         : lead >= 0xe0 && lead < 0xf0 ? 3
                         : lead >= 0xf0 && lead < 0xf5 ? 4
                                                       : 0;
    char32_t value = length == 1 ? lead : lead & (0x7fu >> length);
    bool isWhole = length > 0 && length <= rest.size();
    for (std::size_t i = 1; isWhole && i < length; ++i) {
        auto next = static_cast<unsigned char>(rest[i]);
        isWhole = (next & 0xc0) == 0x80;
        value = value << 6 | (next & 0x3fu);
    }
    bool isOverlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (!isWhole || isOverlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        rest.remove_prefix(1);
        return none;
    }
    rest.remove_prefix(length);
    return value;
}

bool isSpace(char32_t c) {
    return c <= 0x20 || c == 0x7f || (c >= 0x80 && c <= 0xa0) || c == 0x2028 || c == 0x2029;
}

/// Marks that turn the direction of writing, and the byte order mark: nothing of them is seen.
bool isInvisible(char32_t c) {
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0xfeff;
}

}  // namespace

std::string plainText(std::string_view text, std::size_t maxBytes) {
    constexpr std::string_view ellipsis = "…";
    std::string out;
    bool isSpaceDue = false;
    for (auto rest = text; !rest.empty();) {
        auto before = rest;
        auto c = takeCharacter(rest);
        if (c == none || isInvisible(c)) continue;
        if (isSpace(c)) {
            isSpaceDue = !out.empty();
            continue;
        }
        auto bytes = before.substr(0, before.size() - rest.size());
        if (out.size() + isSpaceDue + bytes.size() + ellipsis.size() > maxBytes &&
            out.size() + isSpaceDue + before.size() > maxBytes) {
            return out.append(ellipsis);
        }
        if (isSpaceDue) out += ' ';
        isSpaceDue = false;
        out.append(bytes);
    }
    return out;
}

}  // namespace auricle::sites
