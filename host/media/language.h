// Whether two names of a language mean the same: "de", "deu", "ger" and "de-CH" (RFC 5646, ISO 639).
#pragma once

#include <string_view>

namespace auricle::media {

/// Looks at the language alone, not at region or script. An empty or unknown name equals none but itself.
bool isSameLanguage(std::string_view one, std::string_view other);

}  // namespace auricle::media
