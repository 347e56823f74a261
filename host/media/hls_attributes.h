// The attribute list of an HLS tag: NAME=value,NAME="quoted, value" (RFC 8216 section 4.2), and the variables
// that may stand in it (EXT-X-DEFINE).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/error.h"

namespace auricle::media {

using HlsDefinitions = std::map<std::string, std::string, std::less<>>;

/// Each `{$name}` in its place filled in; nothing where a name is not defined, or the result is longer than
/// any line may be.
std::optional<std::string> substituteHls(std::string_view text, const HlsDefinitions& definitions);

class HlsAttributes {
  public:
    /// Nothing where the list is not well-formed, or a variable in it is not defined. Variables are filled in
    /// where they may be: in quoted strings and in hexadecimal numbers.
    static std::optional<HlsAttributes> read(std::string_view list, const HlsDefinitions& definitions);

    /// Nothing where it is missing. A quoted string comes without its quotes.
    std::optional<std::string_view> find(std::string_view name) const;
    std::string text(std::string_view name) const { return std::string(find(name).value_or("")); }
    bool isYes(std::string_view name) const { return find(name) == "YES"; }
    std::uint64_t number(std::string_view name) const;  ///< 0 where it is missing or none

  private:
    std::vector<std::pair<std::string, std::string>> list_;
};

/// A whole decimal number, and nothing behind it.
std::optional<std::uint64_t> hlsNumber(std::string_view text);
/// Seconds as a decimal or a whole number, in microseconds.
std::optional<std::uint64_t> hlsSeconds(std::string_view text);

}  // namespace auricle::media
