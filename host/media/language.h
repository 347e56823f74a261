// Languages as files and people name them: ISO 639-2 in three letters, BCP 47 in two and more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace auricle::media {

/// The code that is packed into mdhd (ISO/IEC 14496-12 section 8.4.2): "deu"; empty where there is none.
std::string unpackLanguage(std::uint16_t packed);

/// Whether both name the same language ("de-CH", "deu" and "ger" do); regions and scripts are not looked at.
/// An empty one, and "und", is the same as none.
bool isSameLanguage(std::string_view one, std::string_view other);

}  // namespace auricle::media
