// What a sealed vault.put opens to: its fields read and checked for their form (PROTOCOL section 3,
// vault.put).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "system/error.h"
#include "vault/cookie.h"
#include "vault/secret.h"

namespace auricle::vault {

struct OpenedCookies {
    std::string site, origin, store;  ///< `origin` is canonical
    std::vector<OfferedCookie> cookies;
};

struct OpenedBearer {
    std::string origin;  ///< canonical
    Secret token;        ///< visible ASCII, at most 16 KiB
    std::optional<std::int64_t> expiresAtMs;
};

/// Fails with bad_params, `path` a JSON pointer from the root of the sealed value. Unknown members are
/// skipped. `expiresAt` may be RFC 3339 text or a number of ms since 1970. At most 3,000 cookies.
Result<std::variant<OpenedCookies, OpenedBearer>> readPut(const Secret& opened);

}  // namespace auricle::vault
