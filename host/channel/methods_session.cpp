#include <array>

#include "channel/methods.h"
#include "channel/params.h"
#include "system/rfc3339.h"

namespace auricle::channel {
namespace {

constexpr TextRule sessionIdRule{.maxBytes = 128};

Outcome open(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const auto clientPubKey = Params(given, fault).base64Text("clientPubKey", 32, 32);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto opened = desk.parts.seals.open(clientPubKey);
    if (!opened) return Answer(std::unexpected(opened.error()));
    return Answer(nlohmann::json{{"sessionId", opened->sessionId},
                                 {"serverPubKey", opened->serverPubKey},
                                 {"serverNonce", opened->serverNonce},
                                 {"expiresAt", rfc3339(opened->expiresAtMs)}});
}

using Lease = Result<std::int64_t> (vault::SealTable::*)(std::string_view);

Outcome lease(Desk& desk, const JsonView& given, Lease ask) {
    std::optional<Error> fault;
    const auto sessionId = Params(given, fault).text("sessionId", sessionIdRule);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto expiresAt = (desk.parts.seals.*ask)(sessionId);
    if (!expiresAt) return Answer(std::unexpected(expiresAt.error()));
    return Answer(nlohmann::json{{"sessionId", sessionId}, {"expiresAt", rfc3339(*expiresAt)}});
}

Outcome info(Desk& desk, const JsonView& given) {
    return lease(desk, given, &vault::SealTable::info);
}
Outcome refresh(Desk& desk, const JsonView& given) {
    return lease(desk, given, &vault::SealTable::refresh);
}

Outcome close(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const auto sessionId = Params(given, fault).text("sessionId", sessionIdRule);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto closed = desk.parts.seals.close(sessionId);
    if (!closed) return Answer(std::unexpected(closed.error()));
    return Answer(nlohmann::json::object());
}

constexpr std::array methods{Method{"session.open", open}, Method{"session.info", info},
                             Method{"session.refresh", refresh}, Method{"session.close", close}};

}  // namespace

std::span<const Method> sessionMethods() {
    return methods;
}

}  // namespace auricle::channel
