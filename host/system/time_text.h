// Instants as the protocol and the journal write them: RFC 3339 in UTC with milliseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auricle {

/// `2026-11-21T14:03:00.000Z` of a Unix time in ms.
std::string timeText(std::int64_t unixMs);
/// Unix time in ms of an RFC 3339 text with any offset, or nothing.
std::optional<std::int64_t> timeOf(std::string_view text);
/// Now, as Unix time in ms.
std::int64_t unixMsOf(std::chrono::system_clock::time_point instant);

}  // namespace auricle
