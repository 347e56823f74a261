// Tells whether two lists of secrets are the same without keeping either: HMAC-SHA-256 under a key that is
// never stored.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "vault/secret.h"

namespace auricle::vault {

using FingerprintBytes = std::array<std::byte, 32>;

class Fingerprint {
  public:
    /// A key of 32 random bytes. Throws std::runtime_error when the system has no randomness.
    static Secret makeKey();

    explicit Fingerprint(const Secret& key);
    Fingerprint(const Fingerprint&) = delete;
    Fingerprint& operator=(const Fingerprint&) = delete;
    ~Fingerprint();
    /// The length goes in too, so that "ab","c" and "a","bc" differ.
    void add(std::string_view field);
    FingerprintBytes finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace auricle::vault
