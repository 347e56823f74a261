// Points in time as RFC 3339 writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auricle {

/// "2026-11-21T14:23:38.007Z" for Unix time in ms. What lies outside the years 1970 to 9999 becomes the
/// nearest end of them: RFC 3339 section 1 has four digits for a year, and no time of ours lies before 1970.
std::string rfc3339(std::int64_t unixMs);

/// Unix time in ms of "2026-11-21T14:22:57.123Z" or with an offset "+01:00"; what is finer than a ms is cut
/// off. Nothing if it is no such text (RFC 3339 section 5.6) or no such day.
std::optional<std::int64_t> msOfRfc3339(std::string_view text);

}  // namespace auricle
