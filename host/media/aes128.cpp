#include "media/aes128.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "media/verdict.h"

namespace auricle::media {
namespace {

unsigned char* raw(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Bytes of padding at the end, or 0 where it is none.
std::size_t paddingOf(std::span<const std::byte> bytes) {
    auto count = std::to_integer<std::size_t>(bytes.back());
    if (count == 0 || count > Aes128Cbc::blockBytes) return 0;
    auto isWhole = std::ranges::all_of(bytes.last(count), [&](std::byte one) { return one == bytes.back(); });
    return isWhole ? count : 0;
}

}  // namespace

/// OpenSSL wipes the key schedule when the context is freed.
struct Aes128Cbc::Context {
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_CIPHER_CTX_free(cipher); }
};

Aes128Cbc::Aes128Cbc(std::span<const std::byte, blockBytes> key) : context_(std::make_unique<Context>()) {
    if (!context_->cipher ||
        EVP_DecryptInit_ex2(context_->cipher, EVP_aes_128_cbc(), raw(key), nullptr, nullptr) != 1)
        throw std::runtime_error("OpenSSL has no AES-128-CBC");
    // Looked at here: OpenSSL would hold back the last block until the end and so forbid opening in place.
    EVP_CIPHER_CTX_set_padding(context_->cipher, 0);
}

Aes128Cbc::Aes128Cbc(Aes128Cbc&&) noexcept = default;
Aes128Cbc& Aes128Cbc::operator=(Aes128Cbc&&) noexcept = default;
Aes128Cbc::~Aes128Cbc() = default;

Result<std::span<std::byte>> Aes128Cbc::open(std::span<const std::byte, blockBytes> iv,
                                             std::span<std::byte> bytes) {
    constexpr std::size_t most = std::numeric_limits<int>::max() / blockBytes * blockBytes;
    if (bytes.empty() || bytes.size() % blockBytes != 0 || bytes.size() > most)
        return cutOff("an encrypted segment is no whole number of blocks");
    int written = 0;
    if (EVP_DecryptInit_ex2(context_->cipher, nullptr, nullptr, raw(iv), nullptr) != 1 ||
        EVP_DecryptUpdate(context_->cipher, raw(bytes), &written, raw(bytes),
                          static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("OpenSSL does not open AES-128-CBC");
    auto padding = paddingOf(bytes);
    if (padding == 0) return damaged("a segment does not open with the key that the playlist names");
    return bytes.first(bytes.size() - padding);
}

}  // namespace auricle::media
