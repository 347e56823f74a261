#include "vault/reason.h"

#include <algorithm>
#include <array>
#include <utility>

namespace auricle::vault {

namespace {

using Named = std::pair<Reason, std::string_view>;

constexpr std::array<Named, 6> names{{{Reason::missing_cookies, "missing_cookies"},
                                      {Reason::session_expired, "session_expired"},
                                      {Reason::bot_detection, "bot_detection"},
                                      {Reason::forbidden, "forbidden"},
                                      {Reason::stale, "stale"},
                                      {Reason::manual_trigger, "manual_trigger"}}};

}  // namespace

std::string_view word(Reason reason) {
    return std::ranges::find(names, reason, &Named::first)->second;
}

std::optional<Reason> reasonOf(std::string_view word) {
    const auto found = std::ranges::find(names, word, &Named::second);
    if (found == names.end()) return std::nullopt;
    return found->first;
}

}  // namespace auricle::vault
