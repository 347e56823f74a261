#include "vault/secret_base64.h"

#include <array>
#include <cstdint>

#include "system/json_characters.h"

namespace auricle::vault {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int notADigit = -1;

int digitOf(char c) {
    if (c == '-') return 62;
    if (c == '_') return 63;
    const auto at = alphabet.find(c);
    return at == alphabet.npos ? notADigit : static_cast<int>(at);
}

/// Takes one character off the text, its percent-encoding (RFC 3986 section 2.1) undone.
char takeCharacter(std::string_view& text) {
    const bool isEncoded =
        text.size() >= 3 && text[0] == '%' && hexDigit(text[1]) >= 0 && hexDigit(text[2]) >= 0;
    const char taken =
        isEncoded ? static_cast<char>(hexDigit(text[1]) << 4 | hexDigit(text[2])) : text.front();
    text.remove_prefix(isEncoded ? 3 : 1);
    return taken;
}

bool isPadding(std::string_view text) {
    std::size_t signs = 0;
    while (!text.empty()) {
        if (takeCharacter(text) != '=') return false;
        ++signs;
    }
    return signs <= 2;
}

}  // namespace

Secret toBase64(const Secret& secret) {
    const auto bytes = secret.bytes();
    Secret text((bytes.size() + 2) / 3 * 4);
    auto* out = text.bytes().data();
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < here ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
        for (std::size_t k = 0; k < 4; ++k)
            *out++ = static_cast<std::byte>(k <= here ? alphabet[group >> (18 - 6 * k) & 63] : '=');
    }
    return text;
}

std::optional<Secret> fromBase64(std::string_view text) {
    Secret bytes(text.size() / 4 * 3 + 3);
    std::size_t size = 0;
    std::uint32_t held = 0;
    unsigned bits = 0, digits = 0;
    while (!text.empty()) {
        auto rest = text;
        const int digit = digitOf(takeCharacter(rest));
        if (digit == notADigit) break;
        text = rest;
        ++digits;
        held = held << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.bytes()[size++] = static_cast<std::byte>(held >> bits);
        held &= (1u << bits) - 1;
    }
    // A single digit over is no byte, and stray bits are no base64 that anybody wrote.
    if (digits % 4 == 1 || held != 0 || !isPadding(text)) return std::nullopt;
    bytes.shrink(size);
    return bytes;
}

}  // namespace auricle::vault
