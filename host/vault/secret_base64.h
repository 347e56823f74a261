// Base64 of secrets: nothing of it lies in plain memory on the way.
#pragma once

#include <optional>
#include <string_view>

#include "vault/secret.h"

namespace auricle::vault {

/// Standard base64 with padding (RFC 4648 section 4).
Secret toBase64(const Secret& secret);

/// Reads both alphabets of RFC 4648 (sections 4 and 5), with padding or without it, and percent-encoded
/// digits and padding as they stand in cookies ("%3D"). Nothing for any other text.
std::optional<Secret> fromBase64(std::string_view text);

}  // namespace auricle::vault
