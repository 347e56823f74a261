// One cookie: as a browser's cookies API gives it, and as the vault keeps it once it is found well-formed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "vault/secret.h"
#include "vault/secret_json.h"

namespace auricle::vault {

struct Cookie {
    std::string name;
    Secret value;
    std::string domain;  ///< canonical, no leading dot
    bool isHostOnly = true;
    std::string path = "/";
    bool isSecure = false;
    bool isHttpOnly = false;
    std::optional<std::int64_t> expiresAtMs{};  ///< Unix time, ms; none: until the browser closes
    std::string partition{};                    ///< names the partition it lies in; empty: unpartitioned
    std::uint64_t created = 0;                  ///< grows with the order of creation
};

/// A cookie as it was handed in: every field has the right type, none has been judged.
struct OfferedCookie {
    Cookie cookie;      ///< `domain` still as given
    std::string store;  ///< the browser's cookie store, empty where it gave none
};

/// Takes one cookie off the reader: Chrome's and Firefox's fields, unknown ones skipped, null like an absent
/// one. sameSite is not kept: it guards against other sites' pages, and no page makes our requests. Fails
/// with bad_params, `path` a JSON pointer below the cookie ("/domain").
Result<OfferedCookie> readCookie(SecretJson& json);

/// The cookie in canonical form, if a browser may have it for `host` and it has not expired; else why not, in
/// words that hold no value. RFC 6265bis sections 4.1.3 (prefixes), 5.6 (control octets), 5.7 (sizes, domain,
/// public suffixes).
std::expected<Cookie, std::string> acceptCookie(Cookie offered, std::string_view host, std::int64_t nowMs);

/// The same cookie for RFC 6265bis section 5.7 step 23: a later one replaces an earlier one. Partitions are
/// kept apart.
bool isSameCookie(const Cookie& left, const Cookie& right);
bool hasExpired(const Cookie& cookie, std::int64_t nowMs);

/// True for a domain under which anyone may register a name (libpsl's list; an unlisted single label too).
bool isPublicSuffix(const std::string& domain);

}  // namespace auricle::vault
