// The sealed channel for secrets: X25519, HKDF-SHA-256, AES-256-GCM (PROTOCOL section 3, session.*).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/error.h"
#include "vault/key_agreement.h"
#include "vault/secret.h"

namespace auricle::vault {

/// One side of one sealed session. Holds the key, nothing of the private keys.
class SealSession {
  public:
    /// Makes an ephemeral key pair and derives the key. Fails with bad_params (path "/clientPubKey") when the
    /// client's key is not 32 bytes or gives the all-zero shared secret (RFC 7748 section 6.1).
    static Result<SealSession> open(std::span<const std::byte> clientPublicKey, std::string id,
                                    const Randomness& random);

    const std::string& id() const { return id_; }
    std::span<const std::byte> serverPublicKey() const { return publicKey_; }
    std::span<const std::byte> serverNonce() const { return nonce_; }

    /// Opens one sealed value: `data` is ciphertext and tag. Fails with bad_seal when `seq` is not larger
    /// than that of the last value which opened, or when key, iv, id, seq and data do not belong together;
    /// only a value that opens counts its seq.
    Result<Secret> unseal(std::uint64_t seq, std::span<const std::byte> iv, std::span<const std::byte> data);
    /// Wipes the key; nothing can be opened any more.
    void close() { key_.clear(); }

  private:
    std::string id_;
    std::array<std::byte, 32> publicKey_{};
    std::array<std::byte, 12> nonce_{};
    Secret key_;
    std::uint64_t lastSeq_ = 0;
};

/// A sealed value as it stands in a message; `iv` and `data` are base64.
struct Sealed {
    std::string_view sessionId;
    std::uint64_t seq = 0;
    std::string_view iv, data;
};

struct SealOpened {
    std::string sessionId;                  ///< 32 hex digits
    std::string serverPubKey, serverNonce;  ///< base64
    std::int64_t expiresAtMs = 0;           ///< Unix time, ms
};

/// The sessions of this process. A session ends 30 minutes after it was opened or last refreshed; of more
/// than 16 the oldest is closed. Fails with unknown_session, session_expired, bad_seal, bad_params; the
/// messages say what to do.
class SealTable {
  public:
    static constexpr std::size_t maxSessions = 16;
    static constexpr std::chrono::minutes lifetime{30};

    struct Clocks {
        std::function<std::chrono::steady_clock::time_point()> monotonic;  ///< judges
        std::function<std::chrono::system_clock::time_point()> wall;       ///< only says when
    };
    static Clocks realClocks();

    SealTable(Clocks clocks, Randomness random) : clocks_(std::move(clocks)), random_(std::move(random)) {}

    /// `clientPubKey` is base64. bad_params has the path "/clientPubKey".
    Result<SealOpened> open(std::string_view clientPubKey);
    /// When the session ends: Unix time, ms. Opening values does not prolong it.
    Result<std::int64_t> info(std::string_view sessionId);
    Result<std::int64_t> refresh(std::string_view sessionId);
    Result<void> close(std::string_view sessionId);
    /// bad_params has the path "/iv" or "/data", from the sealed value's place in the message.
    Result<Secret> unseal(const Sealed& sealed);

  private:
    struct Row {
        SealSession session;
        std::chrono::steady_clock::time_point endsAt;
    };

    void makeRoom();
    void wipeExpired();
    Result<Row*> find(std::string_view sessionId);
    std::int64_t wallMsOf(std::chrono::steady_clock::time_point time) const;

    Clocks clocks_;
    Randomness random_;
    std::vector<Row> rows_;  ///< oldest first; an expired one stays, without its key, so that it can be told
                             ///< from an unknown one
};

}  // namespace auricle::vault
