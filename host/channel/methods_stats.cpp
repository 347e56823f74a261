#include <array>

#include "channel/methods.h"
#include "channel/params.h"

namespace auricle::channel {
namespace {

/// The counters of all time, and what is there now.
Outcome stats(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const Params params(given, fault);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    auto all = desk.parts.totals ? toJson(desk.parts.totals()) : toJson(capture::Totals{});
    std::map<std::string, std::size_t> running;
    for (const auto& capture : desk.parts.manager.unfinished()) ++running[std::string(word(capture.state))];
    auto freshness = nlohmann::json::array();
    for (const auto& entry : desk.parts.vault.status()) {
        if (entry.slot != "active" || entry.kind != "cookies") continue;
        freshness.push_back({{"site", entry.key.site},
                             {"origin", entry.key.origin},
                             {"freshness", entry.freshness},
                             {"expiresAt", timeOrNull(entry.expiresAtMs)}});
    }
    all["now"] = {{"captures", running}, {"sessions", std::move(freshness)}};
    return Answer(std::move(all));
}

constexpr std::array methods{Method{"stats", stats}};

}  // namespace

std::span<const Method> statsMethods() {
    return methods;
}

}  // namespace auricle::channel
