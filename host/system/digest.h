// Digests that grow with the bytes as they pass (OpenSSL's EVP behind it).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "system/error.h"

struct evp_md_ctx_st;

namespace auricle {

/// Throws std::bad_alloc when OpenSSL gives no memory; nothing else can fail.
class Digest {
  public:
    enum class Algorithm { sha256, sha1 };

    explicit Digest(Algorithm algorithm);
    void update(std::span<const std::byte> bytes);
    /// The digest of what has passed so far; more may follow.
    std::vector<std::byte> value() const;
    /// The same as lower-case hex digits.
    std::string hex() const;

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

class Sha256 : public Digest {
  public:
    Sha256() : Digest(Algorithm::sha256) {}
};

/// The SHA-256 of a whole file in hex. Blocks for as long as reading it takes; `stop` ends it with
/// Kind::cancelled.
Result<std::string> sha256OfFile(int descriptor, std::stop_token stop = {});

}  // namespace auricle
