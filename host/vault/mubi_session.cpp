#include "vault/mubi_session.h"

#include <algorithm>

#include "vault/secret_base64.h"
#include "vault/secret_json.h"
#include "vault/secret_text.h"
#include "vault/web_token.h"

namespace auricle::vault {
namespace {

constexpr std::size_t longestToken = 8 * 1024;

/// What may stand in a header as it is: nothing else is sent, whatever a cookie holds.
bool isToken(std::string_view text) {
    return !text.empty() && text.size() <= longestToken &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool isNumber(std::string_view text) {
    return !text.empty() && text.size() <= 20 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// An id as JSON text again: a whole number as it is, a string with its quotes. Empty for anything else.
Result<Secret> takeId(SecretJson& json) {
    const auto type = json.peek();
    if (!type) return std::unexpected(type.error());
    if (*type == SecretJson::Type::string) {
        const auto text = json.string();
        if (!text) return std::unexpected(text.error());
        return SecretText().addJsonString(text->reveal()).take();
    }
    if (*type != SecretJson::Type::number) {
        if (auto skipped = json.skip(); !skipped) return std::unexpected(skipped.error());
        return Secret();
    }
    const auto number = json.number();
    if (!number) return std::unexpected(number.error());
    constexpr double mostExact = 9'007'199'254'740'992;
    if (*number < 0 || *number > mostExact) return Secret();
    return Secret::copyOf(std::to_string(static_cast<std::uint64_t>(*number)));
}

Result<void> takeMember(SecretJson& json, MubiSession& session) {
    if (json.key() == "token") {
        auto token = json.string();
        if (!token) return std::unexpected(token.error());
        session.token = std::move(*token);
        return {};
    }
    const bool isUser = json.key() == "user_id";
    if (!isUser && json.key() != "id") return json.skip();
    auto id = takeId(json);
    if (!id) return std::unexpected(id.error());
    (isUser ? session.userId : session.sessionId) = std::move(*id);
    return {};
}

std::optional<MubiSession> sessionIn(const Secret& text) {
    MubiSession session{.form = MubiSession::Form::session, .token = {}, .userId = {}, .sessionId = {}};
    SecretJson json(text);
    if (!json.beginObject()) return std::nullopt;
    for (;;) {
        const auto more = json.nextMember();
        if (!more) return std::nullopt;
        if (!*more) break;
        if (!takeMember(json, session)) return std::nullopt;
    }
    if (!json.end() || !isToken(session.token.reveal())) return std::nullopt;
    return session;
}

std::optional<MubiSession> sessionOf(const Secret& cookieHeader) {
    if (const auto token = cookieIn(cookieHeader, "lt"); isToken(token)) {
        return MubiSession{
            .form = MubiSession::Form::lt, .token = Secret::copyOf(token), .userId = {}, .sessionId = {}};
    }
    const auto encoded = cookieIn(cookieHeader, "_mubi_session");
    if (encoded.empty()) return std::nullopt;
    const auto text = fromBase64(encoded);
    return text ? sessionIn(*text) : std::nullopt;
}

}  // namespace

std::string_view describe(MubiSession::Form form) {
    switch (form) {
        case MubiSession::Form::lt:
            return "the cookie lt";
        case MubiSession::Form::session:
            return "the cookie _mubi_session";
        case MubiSession::Form::token:
            break;
    }
    return "the token that was handed in";
}

std::string_view cookieIn(const Secret& cookieHeader, std::string_view name) {
    auto rest = cookieHeader.reveal();
    while (!rest.empty()) {
        auto pair = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
    }
    return {};
}

std::optional<MubiSession> mubiSessionOf(const Secret& cookieHeader) {
    auto session = sessionOf(cookieHeader);
    if (session) session->expiresAtMs = expiryOfWebToken(session->token);
    return session;
}

Secret mubiCustomData(const MubiSession& session, std::string_view account) {
    const bool isSaid = !session.userId.empty();
    if (!isSaid && !isNumber(account)) return {};
    SecretText json;
    json.add(R"({"userId":)").add(isSaid ? session.userId.reveal() : account).add(R"(,"sessionId":)");
    if (session.sessionId.empty())
        json.addJsonString(session.token.reveal());
    else
        json.add(session.sessionId.reveal());
    return toBase64(json.add(R"(,"merchant":"mubi"})").take());
}

}  // namespace auricle::vault
