// Points in time as RFC 3339 writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace auricle {

/// Unix time in ms of "2026-11-21T14:22:57.123Z" or with an offset "+01:00"; what is finer than a ms is cut
/// off. Nothing if it is no such text (RFC 3339 section 5.6) or no such day.
std::optional<std::int64_t> msOfRfc3339(std::string_view text);

}  // namespace auricle
