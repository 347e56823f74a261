// Base64 as the channel writes bytes: RFC 4648 section 4, padded, nothing else between.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::channel {

std::string toBase64(std::span<const std::byte> bytes);
/// Nothing for white space, other alphabets, missing padding, or bits after the end (RFC 4648 section 3.5):
/// one value has one way to be written.
std::optional<std::vector<std::byte>> fromBase64(std::string_view text);

}  // namespace auricle::channel
