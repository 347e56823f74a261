// The values in a DASH manifest's attributes: durations, ranges, and addresses made from a pattern
// (ISO/IEC 23009-1 section 5.3.9.4.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media/segment_list.h"

namespace auricle::media {

/// A whole decimal number, and nothing behind it.
std::optional<std::uint64_t> dashNumber(std::string_view text);
/// `PT1H2M3.5S` (xs:duration) in microseconds. A year has 365 days and a month 30.
std::optional<std::uint64_t> dashDuration(std::string_view text);
/// `first-last`, both inclusive.
std::optional<ByteRange> dashRange(std::string_view text);

struct DashIdentifiers {
    std::string_view representation;
    std::uint64_t bandwidth;
    std::optional<std::uint64_t> number, time;  ///< nothing: may not stand in the pattern
};
/// `$Number$`, `$Number%05d$`, `$Time$`, `$Bandwidth$`, `$RepresentationID$` and `$$` filled in; nothing
/// where the pattern is malformed or names something else.
std::optional<std::string> expandDashTemplate(std::string_view pattern, const DashIdentifiers& identifiers);

}  // namespace auricle::media
