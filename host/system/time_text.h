// Instants as the protocol writes them: RFC 3339 in UTC with milliseconds.
#pragma once

#include <cstdint>
#include <string>

namespace auricle {

/// "2026-11-21T14:23:38.007Z" for Unix time in ms. What lies outside the years 1970 to 9999 becomes the
/// nearest end of them: RFC 3339 section 1 has four digits for a year, and no time of ours lies before 1970.
std::string rfc3339(std::int64_t unixMs);

}  // namespace auricle
