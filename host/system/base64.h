// Standard base64 with padding (RFC 4648 section 4), for what is not secret: keys made public, nonces,
// ciphertext.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auricle {

std::string toBase64(std::span<const std::byte> bytes);
/// Nothing unless the text is exactly what toBase64 gives for some bytes: no line breaks, no missing padding,
/// no stray bits.
std::optional<std::vector<std::byte>> fromBase64(std::string_view text);

}  // namespace auricle
