// Opens segments that are sealed with AES-128-GCM (NIST SP 800-38D), whole and in place, at the speed of the
// machine's own instructions.
#pragma once

#include <cstddef>
#include <span>

#include "system/error.h"

namespace auricle::media {

struct Aes128Gcm {
    static constexpr std::size_t keyBytes = 16, ivBytes = 12, tagBytes = 16;

    /// `bytes` is ciphertext and its tag; there is no additional data. Gives the part of `bytes` that is the
    /// plain text. bad_seal where key, iv and tag do not belong together or there is no room for a tag; then
    /// `bytes` hold nothing of use. May be called on several threads at once. OpenSSL wipes what it keeps of
    /// the key.
    static Result<std::span<std::byte>> open(std::span<const std::byte, keyBytes> key,
                                             std::span<const std::byte, ivBytes> iv,
                                             std::span<std::byte> bytes);
};

}  // namespace auricle::media
