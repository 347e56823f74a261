#include "vault/cookie.h"

#include <libpsl.h>

#include <cmath>

#include "vault/cookie_match.h"
#include "vault/origin.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kMaxPairBytes = 4096;
constexpr std::size_t kMaxAttributeBytes = 1024;
constexpr double kLatestMs = 8.64e15;  // JavaScript's last point in time

using Why = std::optional<std::string>;

bool hasControl(std::string_view text) {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool startsWithoutCase(std::string_view text, std::string_view lowerPrefix) {
    if (text.size() < lowerPrefix.size()) return false;
    return std::ranges::equal(text.substr(0, lowerPrefix.size()), lowerPrefix, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

// What would break the Cookie header into other cookies is as bad as a control octet.
Why whyMalformed(const Cookie& cookie) {
    const std::string_view value = cookie.value.reveal();
    if (cookie.name.empty()) return "malformed: it has no name";
    if (cookie.name.find_first_of("=;") != std::string::npos) return "malformed: its name holds = or ;";
    if (value.contains(';')) return "malformed: its value holds ;";
    if (hasControl(cookie.name)) return "malformed: its name holds a control character";
    if (hasControl(value)) return "malformed: its value holds a control character";
    if (hasControl(cookie.path)) return "malformed: its path holds a control character";
    if (hasControl(cookie.domain)) return "malformed: its domain holds a control character";
    if (!cookie.path.starts_with('/')) return "malformed: its path does not begin with /";
    return std::nullopt;
}

Why whyTooLong(const Cookie& cookie) {
    if (cookie.name.size() + cookie.value.size() > kMaxPairBytes)
        return "name and value are longer than 4096 bytes";
    if (cookie.domain.size() > kMaxAttributeBytes || cookie.path.size() > kMaxAttributeBytes) {
        return "its domain or path is longer than 1024 bytes";
    }
    return std::nullopt;
}

Why whyBadPrefix(const Cookie& cookie) {
    if (startsWithoutCase(cookie.name, "__secure-") && !cookie.isSecure)
        return "bad prefix: __Secure- without Secure";
    const bool isHostBound = cookie.isSecure && cookie.isHostOnly && cookie.path == "/";
    if (startsWithoutCase(cookie.name, "__host-") && !isHostBound) {
        return "bad prefix: __Host- needs Secure, the path / and no domain";
    }
    return std::nullopt;
}

// Makes the domain canonical; a public suffix is good for the host of that very name only (section 5.7).
Why whyNotOfHost(Cookie& cookie, std::string_view host) {
    cookie.domain = canonicalHost(cookie.domain);
    if (cookie.domain.empty()) return "malformed: its domain is no host name";
    const bool isHost = cookie.domain == host;
    if (!isHost && cookie.isHostOnly) return "belongs to another host";
    if (isHost && (isIpAddress(host) || isPublicSuffix(cookie.domain))) cookie.isHostOnly = true;
    if (!isHost && !isIpAddress(cookie.domain) && isPublicSuffix(cookie.domain))
        return "its domain is a public suffix";
    if (!domainMatches(host, cookie.domain)) return "belongs to another host";
    return std::nullopt;
}

Why whyNot(Cookie& cookie, std::string_view host, std::int64_t nowMs) {
    if (auto why = whyMalformed(cookie)) return why;
    if (auto why = whyTooLong(cookie)) return why;
    if (auto why = whyNotOfHost(cookie, host)) return why;
    if (auto why = whyBadPrefix(cookie)) return why;
    if (hasExpired(cookie, nowMs)) return "expired";
    return std::nullopt;
}

// --- reading ---

// A member that is none of ours is not named: in a text that is broken a value may stand where a name should.
std::unexpected<Error> at(std::string_view field, Error error) {
    static constexpr std::array<std::string_view, 13> known{"name",
                                                            "value",
                                                            "domain",
                                                            "hostOnly",
                                                            "path",
                                                            "secure",
                                                            "httpOnly",
                                                            "expirationDate",
                                                            "partitionKey",
                                                            "firstPartyDomain",
                                                            "storeId",
                                                            "topLevelSite",
                                                            "hasCrossSiteAncestor"};
    if (std::ranges::find(known, field) == known.end()) return std::unexpected(std::move(error));
    error.path.insert(0, field).insert(0, 1, '/');
    return std::unexpected(std::move(error));
}

// True when a null was there, and is taken.
Result<bool> takeNull(SecretJson& json) {
    const auto type = json.peek();
    if (!type) return std::unexpected(type.error());
    if (*type != SecretJson::Type::null) return false;
    if (auto taken = json.null(); !taken) return std::unexpected(taken.error());
    return true;
}

Result<void> readText(SecretJson& json, std::string& into) {
    const auto text = json.string();
    if (!text) return std::unexpected(text.error());
    into = text->reveal();
    return {};
}

Result<void> readFlag(SecretJson& json, bool& into) {
    const auto flag = json.boolean();
    if (!flag) return std::unexpected(flag.error());
    into = *flag;
    return {};
}

Result<void> readExpiry(SecretJson& json, Cookie& cookie) {
    const auto seconds = json.number();
    if (!seconds) return std::unexpected(seconds.error());
    cookie.expiresAtMs =
        static_cast<std::int64_t>(std::clamp(std::floor(*seconds * 1000), -kLatestMs, kLatestMs));
    return {};
}

// The partition's name is made of both fields: copies with and without a cross-site ancestor lie apart in
// Chrome.
Result<void> readPartitionKey(SecretJson& json, Cookie& cookie) {
    std::string topLevelSite;
    bool hasCrossSiteAncestor = false;
    if (auto begun = json.beginObject(); !begun) return begun;
    for (;;) {
        const auto more = json.nextMember();
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        const std::string field(json.key());
        auto isNull = takeNull(json);
        if (!isNull) return std::unexpected(isNull.error());
        if (*isNull) continue;
        Result<void> read = field == "topLevelSite"           ? readText(json, topLevelSite)
                            : field == "hasCrossSiteAncestor" ? readFlag(json, hasCrossSiteAncestor)
                                                              : json.skip();
        if (!read) return at(field, read.error());
    }
    if (!topLevelSite.empty())
        cookie.partition += "site " + topLevelSite + (hasCrossSiteAncestor ? " across;" : ";");
    return {};
}

Result<void> readFirstPartyDomain(SecretJson& json, Cookie& cookie) {
    std::string domain;
    if (auto read = readText(json, domain); !read) return read;
    if (!domain.empty()) cookie.partition += "first party " + domain + ";";
    return {};
}

// What a cookie must have, and what it may have once.
struct Seen {
    bool name = false, value = false, domain = false, hostOnly = false;
};

Result<void> readField(SecretJson& json, std::string_view field, OfferedCookie& offered, Seen& seen) {
    Cookie& cookie = offered.cookie;
    if (field == "name") return seen.name = true, readText(json, cookie.name);
    if (field == "domain") return seen.domain = true, readText(json, cookie.domain);
    if (field == "hostOnly") return seen.hostOnly = true, readFlag(json, cookie.isHostOnly);
    if (field == "path") return readText(json, cookie.path);
    if (field == "secure") return readFlag(json, cookie.isSecure);
    if (field == "httpOnly") return readFlag(json, cookie.isHttpOnly);
    if (field == "expirationDate") return readExpiry(json, cookie);
    if (field == "partitionKey") return readPartitionKey(json, cookie);
    if (field == "firstPartyDomain") return readFirstPartyDomain(json, cookie);
    if (field == "storeId") return readText(json, offered.store);
    if (field != "value") return json.skip();
    auto value = json.string();
    if (!value) return std::unexpected(value.error());
    cookie.value = std::move(*value);
    seen.value = true;
    return {};
}

std::unexpected<Error> missing(std::string_view field) {
    return std::unexpected(
        Error{.kind = Kind::bad_params,
              .message = "A cookie has no " + std::string(field) + ": hand it in as the browser gives it.",
              .path = std::string("/").append(field)});
}

}  // namespace

Result<OfferedCookie> readCookie(SecretJson& json) {
    OfferedCookie offered;
    Seen seen;
    if (auto begun = json.beginObject(); !begun) return std::unexpected(begun.error());
    for (;;) {
        const auto more = json.nextMember();
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        const std::string field(json.key());
        const auto isNull = takeNull(json);
        if (!isNull) return at(field, isNull.error());
        if (*isNull) continue;
        if (auto read = readField(json, field, offered, seen); !read) return at(field, read.error());
    }
    if (!seen.name) return missing("name");
    if (!seen.value) return missing("value");
    if (!seen.domain) return missing("domain");
    if (!seen.hostOnly) offered.cookie.isHostOnly = !offered.cookie.domain.starts_with('.');
    return offered;
}

std::expected<Cookie, std::string> acceptCookie(Cookie offered, std::string_view host, std::int64_t nowMs) {
    if (auto why = whyNot(offered, host, nowMs)) return std::unexpected(std::move(*why));
    return offered;
}

bool isSameCookie(const Cookie& left, const Cookie& right) {
    return left.name == right.name && left.domain == right.domain && left.isHostOnly == right.isHostOnly &&
           left.path == right.path && left.partition == right.partition;
}

bool hasExpired(const Cookie& cookie, std::int64_t nowMs) {
    return cookie.expiresAtMs && *cookie.expiresAtMs <= nowMs;
}

bool isPublicSuffix(const std::string& domain) {
    const psl_ctx_t* list = psl_builtin();
    // Without a list every domain could be one, and only host-only cookies are safe.
    return !list || psl_is_public_suffix(list, domain.c_str());
}

}  // namespace auricle::vault
