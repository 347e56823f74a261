#include "vault/opened_put.h"

#include <cmath>

#include "system/rfc3339.h"
#include "vault/origin.h"
#include "vault/secret_json.h"

namespace auricle::vault {
namespace {

// Far more than a browser keeps for one site; what is dropped of them is named in a reply that has a limit.
constexpr std::size_t kMaxCookies = 3000;
constexpr std::size_t kMaxTokenBytes = 16 * 1024;
constexpr double kLatestMs = 8.64e15;  // JavaScript's last point in time

std::unexpected<Error> bad(std::string path, std::string message) {
    return std::unexpected(
        Error{.kind = Kind::bad_params, .message = std::move(message), .path = std::move(path)});
}

std::unexpected<Error> below(std::string_view member, Error error) {
    error.path.insert(0, member).insert(0, 1, '/');
    return std::unexpected(std::move(error));
}

struct Members {
    std::optional<std::string> kind, site, origin, store;
    std::optional<std::vector<OfferedCookie>> cookies;
    std::optional<Secret> token;
    std::optional<std::int64_t> expiresAtMs;
};

Result<void> readText(SecretJson& json, std::optional<std::string>& into) {
    const auto text = json.string();
    if (!text) return std::unexpected(text.error());
    into = std::string(text->reveal());
    return {};
}

Result<void> readToken(SecretJson& json, std::optional<Secret>& into) {
    auto token = json.string();
    if (!token) return std::unexpected(token.error());
    into = std::move(*token);
    return {};
}

Result<void> readCookies(SecretJson& json, std::optional<std::vector<OfferedCookie>>& into) {
    if (auto begun = json.beginArray(); !begun) return begun;
    std::vector<OfferedCookie> cookies;
    for (;;) {
        const auto more = json.nextElement();
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        if (cookies.size() == kMaxCookies)
            return bad("", "These are more cookies than a site can have; send those of its own address.");
        auto cookie = readCookie(json);
        if (!cookie) return below(std::to_string(cookies.size()), cookie.error());
        cookies.push_back(std::move(*cookie));
    }
    into = std::move(cookies);
    return {};
}

Result<void> readExpiry(SecretJson& json, std::optional<std::int64_t>& into) {
    const auto type = json.peek();
    if (!type) return std::unexpected(type.error());
    if (*type == SecretJson::Type::null) return json.null();
    if (*type == SecretJson::Type::number) {
        const auto ms = json.number();
        if (!ms) return std::unexpected(ms.error());
        into = static_cast<std::int64_t>(std::clamp(std::floor(*ms), -kLatestMs, kLatestMs));
        return {};
    }
    const auto text = json.string();
    if (!text) return std::unexpected(text.error());
    into = msOfRfc3339(text->reveal());
    if (!into) return bad("", "expiresAt must be a time as RFC 3339 writes it, or the ms since 1970.");
    return {};
}

using Read = Result<void> (*)(SecretJson&, Members&);

constexpr std::pair<std::string_view, Read> kMembers[] = {
    {"kind", [](SecretJson& json, Members& into) { return readText(json, into.kind); }},
    {"site", [](SecretJson& json, Members& into) { return readText(json, into.site); }},
    {"origin", [](SecretJson& json, Members& into) { return readText(json, into.origin); }},
    {"store", [](SecretJson& json, Members& into) { return readText(json, into.store); }},
    {"cookies", [](SecretJson& json, Members& into) { return readCookies(json, into.cookies); }},
    {"token", [](SecretJson& json, Members& into) { return readToken(json, into.token); }},
    {"expiresAt", [](SecretJson& json, Members& into) { return readExpiry(json, into.expiresAtMs); }},
};

// A member that is none of ours is not named in an error: in a text that is broken a value may stand where a
// name should.
Result<void> readMember(SecretJson& json, Members& into) {
    const auto* member = std::ranges::find(kMembers, json.key(), &std::pair<std::string_view, Read>::first);
    if (member == std::end(kMembers)) return json.skip();
    const auto read = member->second(json, into);
    if (!read) return below(member->first, read.error());
    return {};
}

Result<Members> readMembers(SecretJson& json) {
    Members members;
    if (auto begun = json.beginObject(); !begun) return std::unexpected(begun.error());
    for (;;) {
        const auto more = json.nextMember();
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        if (auto read = readMember(json, members); !read) return std::unexpected(read.error());
    }
    if (auto ended = json.end(); !ended) return std::unexpected(ended.error());
    return members;
}

Result<void> checkOrigin(const std::optional<std::string>& origin) {
    if (origin && isCanonicalOrigin(*origin)) return {};
    return bad("/origin",
               "The origin must be one of https (or http on this machine itself), as the browser's "
               "location.origin writes it.");
}

Result<void> checkToken(const std::optional<Secret>& token) {
    if (!token || token->empty()) return bad("/token", "The token is missing.");
    if (token->size() > kMaxTokenBytes) return bad("/token", "The token is longer than 16 KiB.");
    const bool isVisible = std::ranges::all_of(token->reveal(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!isVisible)
        return bad("/token", "The token must be visible ASCII without spaces (and without the word Bearer).");
    return {};
}

}  // namespace

Result<std::variant<OpenedCookies, OpenedBearer>> readPut(const Secret& opened) {
    SecretJson json(opened);
    auto members = readMembers(json);
    if (!members) return std::unexpected(members.error());
    if (members->kind != "cookies" && members->kind != "bearer")
        return bad("/kind", "The kind must be cookies or bearer.");
    if (auto checked = checkOrigin(members->origin); !checked) return std::unexpected(checked.error());
    if (members->kind == "bearer") {
        if (auto checked = checkToken(members->token); !checked) return std::unexpected(checked.error());
        return OpenedBearer{std::move(*members->origin), std::move(*members->token), members->expiresAtMs};
    }
    if (!members->site) return bad("/site", "The site's name is missing.");
    if (!members->cookies) return bad("/cookies", "The list of cookies is missing.");
    return OpenedCookies{std::move(*members->site), std::move(*members->origin),
                         std::move(members->store).value_or(""), std::move(*members->cookies)};
}

}  // namespace auricle::vault
