// Opens AES-128-CBC, in which HLS encrypts whole segments (RFC 8216 section 4.3.2.4), at the speed of the
// machine's own instructions.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "system/error.h"

namespace auricle::media {

/// Holds one key, and wipes it when it goes. Not for several threads at once; make one for each.
class Aes128Cbc {
  public:
    static constexpr std::size_t blockBytes = 16;

    /// The key may be wiped by the caller afterwards.
    explicit Aes128Cbc(std::span<const std::byte, blockBytes> key);
    Aes128Cbc(Aes128Cbc&&) noexcept;
    Aes128Cbc& operator=(Aes128Cbc&&) noexcept;
    ~Aes128Cbc();

    /// Opens `bytes` in place and gives the part of them that is the plain text: without its padding (PKCS#7,
    /// RFC 5652 section 6.3), which is checked. Fails with not_media where they are no whole number of
    /// blocks, or the padding is none, which is a wrong key or a damaged segment; then `bytes` hold nothing
    /// of use.
    Result<std::span<std::byte>> open(std::span<const std::byte, blockBytes> iv, std::span<std::byte> bytes);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace auricle::media
