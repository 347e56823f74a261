// Why new secrets are wanted: the closed set of the protocol's refresh.wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace auricle::vault {

enum class Reason : std::uint8_t {
    missing_cookies,
    session_expired,
    bot_detection,
    forbidden,
    stale,
    manual_trigger
};
std::string_view word(Reason reason);
std::optional<Reason> reasonOf(std::string_view word);

}  // namespace auricle::vault
