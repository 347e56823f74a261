#include <algorithm>
#include <array>

#include "channel/frame.h"
#include "channel/methods.h"
#include "channel/params.h"
#include "system/rfc3339.h"

namespace auricle::channel {
namespace {

constexpr std::size_t tagBytes = 16;
/// Of vault.audit's page; so many fit into a reply whatever they say.
constexpr std::int64_t usualEvents = 100, mostEvents = 500;

/// A sealed value as it stands in the request, with its texts.
struct SealedParams {
    std::string sessionId, iv, data;
    std::uint64_t seq = 0;
};

SealedParams readSealed(Params params) {
    return {.sessionId = params.text("sessionId", {.maxBytes = 128}),
            .iv = params.base64Text("iv", 12, 12),
            .data = params.base64Text("data", tagBytes, maxRequestBytes),
            .seq = static_cast<std::uint64_t>(
                params.integer("seq", 1, std::numeric_limits<std::int64_t>::max()))};
}

/// A fault in the sealed value has its place there; one in what it opened to is shown as if that stood in its
/// place.
Error withinSeal(Error error) {
    if (error.kind == Kind::bad_params) error.path = "/sealed" + error.path;
    return error;
}

nlohmann::json toJson(const vault::PutOutcome& outcome) {
    auto dropped = nlohmann::json::array();
    for (const auto& [name, why] : outcome.dropped) dropped.push_back({{"name", name}, {"why", why}});
    return {{"kept", outcome.kept},
            {"dropped", std::move(dropped)},
            {"generation", outcome.generation},
            {"expiresAt", timeOrNull(outcome.expiresAtMs)}};
}

nlohmann::json textOrNull(const std::string& text) {
    return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

/// A bearer belongs to no site and no store: null. A cookie store without a name is one.
nlohmann::json toJson(const vault::EntryStatus& entry) {
    const bool isBearer = entry.kind == "bearer";
    return {{"kind", entry.kind},
            {"site", textOrNull(entry.key.site)},
            {"origin", entry.key.origin},
            {"store", isBearer ? nlohmann::json() : nlohmann::json(entry.key.store)},
            {"slot", entry.slot},
            {"generation", entry.generation},
            {"count", entry.count},
            {"freshness", entry.freshness},
            {"expiresAt", timeOrNull(entry.expiresAtMs)},
            {"putAt", rfc3339(entry.putAtMs)},
            {"lastUsedAt", timeOrNull(entry.lastUsedAtMs)},
            {"uses", entry.uses}};
}

Outcome put(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const auto sealed = readSealed(Params(given, fault).object("sealed"));
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    auto opened = desk.parts.seals.unseal(
        {.sessionId = sealed.sessionId, .seq = sealed.seq, .iv = sealed.iv, .data = sealed.data});
    if (!opened) return Answer(std::unexpected(withinSeal(opened.error())));
    const auto outcome = desk.parts.vault.put(*opened);
    opened->clear();
    if (!outcome) return Answer(std::unexpected(withinSeal(outcome.error())));
    return Answer(toJson(*outcome));
}

Outcome status(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const Params params(given, fault);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    auto entries = nlohmann::json::array();
    for (const auto& entry : desk.parts.vault.status()) entries.push_back(toJson(entry));
    return Answer(nlohmann::json{{"entries", std::move(entries)}});
}

Outcome forget(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto site = params.optionalText("site", {.maxBytes = 64});
    const auto origin = params.optionalText("origin");
    // A field that is at fault must not widen what is forgotten, nor a reply say that it was.
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return Answer(nlohmann::json{{"forgotten", desk.parts.vault.forget(site, origin)}});
}

Outcome audit(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto after = params.optionalText("after", {.maxBytes = 64});
    const auto limit = params.optionalInteger("limit", 1, std::numeric_limits<std::int64_t>::max());
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto most =
        static_cast<std::size_t>(std::min<std::int64_t>(limit.value_or(usualEvents), mostEvents));
    auto page = desk.parts.readAudit ? desk.parts.readAudit(after, most) : vault::AuditPage{};
    if (!page) return Answer(std::unexpected(std::move(page.error())));
    auto events = nlohmann::json::array();
    for (const auto& record : page->records) events.push_back(channel::toJson(record));
    nlohmann::json answer{{"events", std::move(events)}};
    if (page->next) answer["next"] = *page->next;
    return Answer(std::move(answer));
}

constexpr std::array methods{Method{"vault.put", put}, Method{"vault.status", status},
                             Method{"vault.forget", forget}, Method{"vault.audit", audit}};

}  // namespace

nlohmann::json toJson(const vault::AuditRecord& record) {
    const auto& event = record.event;
    nlohmann::json told{{"at", rfc3339(record.atMs)},
                        {"event", event.event},
                        {"site", textOrNull(event.site)},
                        {"origin", textOrNull(event.origin)},
                        {"outcome", event.outcome}};
    if (!event.capture.empty()) told["capture"] = event.capture;
    return told;
}

std::span<const Method> vaultMethods() {
    return methods;
}

}  // namespace auricle::channel
