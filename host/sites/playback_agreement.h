// The keys of sealed playback: what a player and its server agree on for one session, and the segments' keys
// that are wrapped in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "system/error.h"
#include "vault/key_agreement.h"

namespace auricle::sites {

/// The key of one session (KEK), which wraps those of the segments (DEK).
class PlaybackKek {
  public:
    static constexpr std::size_t bytes = 16;

    explicit PlaybackKek(vault::Secret key) : key_(std::move(key)) {}
    /// All base64, as they stand in the server's answer. With `wrapIv`, AES-128-GCM; without, AES key wrap
    /// (RFC 3394). Gives the 16 bytes of a segment's key. bad_seal where it does not open with this session's
    /// key, or is no key of 16 bytes.
    Result<vault::Secret> unwrap(std::string_view wrappedDek, std::optional<std::string_view> wrapIv) const;

  private:
    vault::Secret key_;
};

/// Our half of a session's key: one key pair, made anew for each session.
class PlaybackAgreement {
  public:
    explicit PlaybackAgreement(const vault::Randomness& random) : ours_(random) {}

    std::string clientPubKey() const;  ///< base64
    /// HKDF-SHA-256 of the X25519 secret, salted with the server's nonce. Both base64. bad_seal where they
    /// are no public key of 32 bytes and no nonce of 12.
    Result<PlaybackKek> agree(std::string_view serverPubKey, std::string_view serverNonce) const;

  private:
    vault::KeyPair ours_;
};

}  // namespace auricle::sites
