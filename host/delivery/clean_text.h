// Text that somebody else gave, made fit to be shown or to name a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auricle::delivery {

/// One line of valid UTF-8: control characters and line breaks become spaces, runs of spaces one; what is
/// invisible or turns the direction of writing (Unicode's bidirectional controls) is dropped; malformed bytes
/// become U+FFFD.
std::string cleanLine(std::string_view text);
/// At most `bytes` bytes of valid UTF-8, cut before a code point.
std::string_view cutTo(std::string_view text, std::size_t bytes);

}  // namespace auricle::delivery
