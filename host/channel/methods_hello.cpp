#include <algorithm>
#include <array>

#include "channel/frame.h"
#include "channel/methods.h"
#include "channel/params.h"

namespace auricle::channel {
namespace {

/// Of a reply's bytes, for the captures in it: a journal of thousands must not keep a client from its hello.
constexpr std::size_t unfinishedBytes = maxReplyBytes / 2;

/// The first ones, as many as fit; capture.list has them all.
nlohmann::json unfinished(capture::Manager& manager) {
    auto list = nlohmann::json::array();
    std::size_t bytes = 0;
    for (const auto& each : manager.unfinished()) {
        auto shown = capture::toJson(each);
        bytes += shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size() + 1;
        if (bytes > unfinishedBytes) break;
        list.push_back(std::move(shown));
    }
    return list;
}

nlohmann::json hostOf(const HostFacts& facts) {
    return {{"name", "auricle"},
            {"version", facts.version},
            {"os", facts.os},
            {"arch", facts.arch},
            {"pid", facts.pid}};
}

nlohmann::json limitsOf(const HostFacts& facts) {
    return {{"reply_bytes", maxReplyBytes},
            {"request_bytes", maxRequestBytes},
            {"captures", facts.capturesAtOnce}};
}

nlohmann::json ownServersOf(const HostFacts& facts) {
    auto list = nlohmann::json::array();
    for (const auto& [site, origin] : facts.ownServers) list.push_back({{"site", site}, {"origin", origin}});
    return list;
}

Outcome hello(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto protocols = params.integers("protocol");
    auto client = params.object("client");
    for (const auto* field : {"name", "version", "browser"})
        client.text(field, {.maxBytes = 256, .mayBeEmpty = true});
    if (std::find(protocols.begin(), protocols.end(), protocolNumber) == protocols.end()) {
        params.refuse("protocol", "a list with 1 in it, the one protocol this host speaks");
    }
    if (fault) return Answer(std::unexpected(std::move(*fault)));

    nlohmann::json result{{"protocol", protocolNumber},
                          {"host", hostOf(desk.parts.facts)},
                          {"limits", limitsOf(desk.parts.facts)},
                          {"sites", desk.parts.facts.sites},
                          {"ownServers", ownServersOf(desk.parts.facts)},
                          {"unfinished", unfinished(desk.parts.manager)}};
    if (desk.tools) result["tools"] = toJson(*desk.tools);
    return Answer(std::move(result));
}

constexpr std::array methods{Method{"hello", hello}};

}  // namespace

std::span<const Method> helloMethods() {
    return methods;
}

nlohmann::json toJson(const Tools& tools) {
    auto all = nlohmann::json::object();
    for (const auto& [name, tool] : tools) {
        all[name] = {{"found", tool.isFound}};
        all[name]["version"] = tool.version.empty() ? nlohmann::json() : nlohmann::json(tool.version);
    }
    return all;
}

}  // namespace auricle::channel
