// Agreeing on a key with somebody over a line that others may read: X25519, HKDF-SHA-256, and small secrets
// sealed with what comes of it. Knows Secret alone.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "vault/secret.h"

namespace auricle::vault {

/// Fills all of `into` with unpredictable bytes.
using Randomness = std::function<void(std::span<std::byte> into)>;
/// The system's. Throws std::runtime_error when there is none.
Randomness systemRandomness();

/// An ephemeral X25519 key pair (RFC 7748). OpenSSL holds the private key only while it is used.
class KeyPair {
  public:
    static constexpr std::size_t keyBytes = 32;

    explicit KeyPair(const Randomness& random);
    const std::array<std::byte, keyBytes>& publicKey() const { return publicKey_; }
    /// 32 bytes. Empty where `theirs` is no public key: not 32 bytes, or of small order, which gives zeros
    /// alone (RFC 7748 section 6.1).
    Secret sharedWith(std::span<const std::byte> theirs) const;

  private:
    Secret privateKey_;
    std::array<std::byte, keyBytes> publicKey_{};
};

/// RFC 5869.
Secret hkdfSha256(const Secret& from, std::span<const std::byte> salt, std::string_view info,
                  std::size_t bytes);

constexpr std::size_t gcmIvBytes = 12, gcmTagBytes = 16;
/// AES-GCM by a key of 16 or 32 bytes; `data` is ciphertext and tag. Nothing where they do not belong
/// together, or an iv or data cannot be one.
std::optional<Secret> openAesGcm(const Secret& key, std::span<const std::byte> iv,
                                 std::string_view additional, std::span<const std::byte> data);

/// A key that was wrapped by AES-KW with a key of 16 bytes (RFC 3394 section 2.2.2), without padding. Nothing
/// where they do not belong together.
std::optional<Secret> unwrapAesKey(const Secret& key, std::span<const std::byte> wrapped);

}  // namespace auricle::vault
