// A token that says of itself when it ends: a JSON Web Token (RFC 7519).
#pragma once

#include <cstdint>
#include <optional>

#include "vault/secret.h"

namespace auricle::vault {

/// `exp` (section 4.1.4) as Unix time in ms; nothing for a token that is none of these or does not say it.
/// The signature is not looked at: this foresees, the server decides.
std::optional<std::int64_t> expiryOfWebToken(const Secret& token);

}  // namespace auricle::vault
