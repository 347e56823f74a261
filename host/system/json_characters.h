// What the two readers of JSON text share: characters, and no copies of what they read.
#pragma once

#include <cstddef>
#include <string_view>

namespace auricle {

/// The bytes of the UTF-8 sequence of two to four bytes that begins `text`, or 0 if it is none (RFC 3629
/// section 4).
std::size_t utf8Sequence(std::string_view text);
/// 0 to 15, or -1 for what is no hex digit.
int hexDigit(char c);
/// What a one-letter escape other than \u stands for (RFC 8259 section 7).
char jsonUnescaped(char c);

}  // namespace auricle
