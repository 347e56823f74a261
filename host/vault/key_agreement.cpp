#include "vault/key_agreement.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <climits>
#include <memory>
#include <stdexcept>
#include <string>

namespace auricle::vault {
namespace {

template <auto Release>
struct Releaser {
    void operator()(auto* one) const { Release(one); }
};
using PKey = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using PKeyContext = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Releaser<EVP_CIPHER_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Releaser<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Releaser<EVP_KDF_CTX_free>>;

const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* rawOut(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

void must(bool isDone, const char* what) {
    if (!isDone) throw std::runtime_error(std::string("OpenSSL cannot do this: ") + what);
}

PKey keyOf(const Secret& privateKey) {
    PKey key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, raw(privateKey.bytes()), privateKey.size()));
    must(key != nullptr, "make an X25519 key");
    return key;
}

const EVP_CIPHER* gcmBy(const Secret& key) {
    constexpr std::size_t short128 = 16, long256 = 32;
    if (key.size() == short128) return EVP_aes_128_gcm();
    return key.size() == long256 ? EVP_aes_256_gcm() : nullptr;
}

}  // namespace

Randomness systemRandomness() {
    return [](std::span<std::byte> into) {
        must(RAND_priv_bytes(rawOut(into), static_cast<int>(into.size())) == 1, "random bytes");
    };
}

KeyPair::KeyPair(const Randomness& random) : privateKey_(keyBytes) {
    random(privateKey_.bytes());
    const PKey key = keyOf(privateKey_);
    std::size_t size = publicKey_.size();
    must(EVP_PKEY_get_raw_public_key(key.get(), rawOut(publicKey_), &size) == 1, "give an X25519 public key");
}

Secret KeyPair::sharedWith(std::span<const std::byte> theirs) const {
    if (theirs.size() != keyBytes) return {};
    const PKey ours = keyOf(privateKey_);
    const PKey peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw(theirs), theirs.size()));
    const PKeyContext context(EVP_PKEY_CTX_new(ours.get(), nullptr));
    must(context && EVP_PKEY_derive_init(context.get()) == 1, "X25519");
    Secret shared(keyBytes);
    std::size_t size = shared.size();
    const bool isDerived = peer && EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                           EVP_PKEY_derive(context.get(), rawOut(shared.bytes()), &size) == 1 &&
                           size == keyBytes;
    // OpenSSL refuses the all-zero result, and so do we, whatever its version.
    if (!isDerived || shared.sameAs(Secret(keyBytes))) return {};
    return shared;
}

Secret hkdfSha256(const Secret& from, std::span<const std::byte> salt, std::string_view info,
                  std::size_t bytes) {
    const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
    std::string digest = "SHA256", purpose(info);
    const std::span<const std::byte> ikm = from.bytes();
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::byte*>(ikm.data()), ikm.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::byte*>(salt.data()),
                                          salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
        OSSL_PARAM_construct_end(),
    };
    Secret key(bytes);
    must(context && EVP_KDF_derive(context.get(), rawOut(key.bytes()), key.size(), parameters) == 1,
         "HKDF-SHA-256");
    return key;
}

std::optional<Secret> openAesGcm(const Secret& key, std::span<const std::byte> iv,
                                 std::string_view additional, std::span<const std::byte> data) {
    const auto* by = gcmBy(key);
    if (!by || iv.size() != gcmIvBytes || data.size() < gcmTagBytes || data.size() > INT_MAX)
        return std::nullopt;
    const CipherContext context(EVP_CIPHER_CTX_new());
    must(context && EVP_DecryptInit_ex(context.get(), by, nullptr, raw(key.bytes()), raw(iv)) == 1,
         "AES-GCM");
    const auto tag = data.last(gcmTagBytes);
    const auto text = data.first(data.size() - gcmTagBytes);
    Secret opened(text.size());
    int size = 0;
    const auto* aad = reinterpret_cast<const unsigned char*>(additional.data());
    std::byte nothing{};
    std::byte* out = opened.empty() ? &nothing : opened.bytes().data();
    const bool isGood = (additional.empty() || EVP_DecryptUpdate(context.get(), nullptr, &size, aad,
                                                                 static_cast<int>(additional.size())) == 1) &&
                        EVP_DecryptUpdate(context.get(), rawOut(std::span(out, 1)), &size, raw(text),
                                          static_cast<int>(text.size())) == 1 &&
                        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, gcmTagBytes,
                                            const_cast<std::byte*>(tag.data())) == 1 &&
                        EVP_DecryptFinal_ex(context.get(), rawOut(std::span(out, 1)), &size) == 1;
    if (!isGood) return std::nullopt;
    return opened;
}

std::optional<Secret> unwrapAesKey(const Secret& key, std::span<const std::byte> wrapped) {
    constexpr std::size_t keyBytes = 16, blockBytes = 8, leastBytes = 24, mostBytes = 4096;
    if (key.size() != keyBytes || wrapped.size() < leastBytes || wrapped.size() > mostBytes ||
        wrapped.size() % blockBytes != 0)
        return std::nullopt;
    const CipherContext context(EVP_CIPHER_CTX_new());
    must(context != nullptr, "AES-KW");
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    must(EVP_DecryptInit_ex(context.get(), EVP_aes_128_wrap(), nullptr, raw(key.bytes()), nullptr) == 1,
         "AES-KW");
    Secret opened(wrapped.size());
    int size = 0;
    const bool isGood = EVP_DecryptUpdate(context.get(), rawOut(opened.bytes()), &size, raw(wrapped),
                                          static_cast<int>(wrapped.size())) == 1;
    if (!isGood || size <= 0) return std::nullopt;
    opened.shrink(static_cast<std::size_t>(size));
    return opened;
}

}  // namespace auricle::vault
