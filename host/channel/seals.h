// The sealed sessions as the channel needs them (PROTOCOL, session.open and below). Behind it stands the
// vault's own table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "system/error.h"
#include "vault/secret.h"

namespace auricle::channel {

class Seals {
  public:
    struct Opened {
        std::string sessionId;
        std::array<std::byte, 32> serverPubKey{};
        std::array<std::byte, 12> serverNonce{};
        std::int64_t expiresAtMs = 0;  ///< Unix time, ms
    };
    struct Sealed {
        std::string sessionId;
        std::uint64_t seq = 0;
        std::array<std::byte, 12> iv{};
        std::vector<std::byte> data;  ///< ciphertext and the 16-byte tag
    };

    virtual ~Seals() = default;
    virtual Result<Opened> open(std::span<const std::byte, 32> clientPubKey) = 0;
    /// unknown_session or session_expired; so do all below. Gives when the session ends (Unix time, ms).
    virtual Result<std::int64_t> info(const std::string& sessionId) = 0;
    virtual Result<std::int64_t> refresh(const std::string& sessionId) = 0;
    virtual Result<void> close(const std::string& sessionId) = 0;
    /// bad_seal for a repeated seq or a tag that does not fit.
    virtual Result<vault::Secret> unseal(const Sealed& sealed) = 0;
};

}  // namespace auricle::channel
