// The Content-Range header of a 206 or 416 response (RFC 9110 section 14.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace auricle::net {

struct ContentRange {
    std::optional<std::uint64_t> first, last;  ///< bytes, inclusive; neither in a 416
    std::optional<std::uint64_t> total;        ///< bytes; nothing for `*`
};

/// Nothing where the header is not well-formed, is of another unit than bytes, or contradicts itself.
std::optional<ContentRange> parseContentRange(std::string_view text);

}  // namespace auricle::net
