#include "media/aes_gcm.h"

#include <openssl/evp.h>

#include <limits>
#include <memory>
#include <stdexcept>

namespace auricle::media {
namespace {

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

unsigned char* raw(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Result<std::span<std::byte>> Aes128Gcm::open(std::span<const std::byte, keyBytes> key,
                                             std::span<const std::byte, ivBytes> iv,
                                             std::span<std::byte> bytes) {
    if (bytes.size() < tagBytes || bytes.size() > std::numeric_limits<int>::max())
        return fail(Kind::bad_seal, "it is too short or too long to be sealed");
    const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
    if (!context || EVP_DecryptInit_ex2(context.get(), EVP_aes_128_gcm(), raw(key), raw(iv), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no AES-128-GCM");
    auto text = bytes.first(bytes.size() - tagBytes);
    auto tag = bytes.last(tagBytes);
    int written = 0, last = 0;
    std::byte nothing{};
    auto* out = text.empty() ? reinterpret_cast<unsigned char*>(&nothing) : raw(text);
    bool isGood = EVP_DecryptUpdate(context.get(), out, &written, out, static_cast<int>(text.size())) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tagBytes, tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context.get(), out, &last) == 1;
    if (!isGood) return fail(Kind::bad_seal, "it does not open with the key that the site gives for it");
    return text;
}

}  // namespace auricle::media
