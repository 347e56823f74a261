#include "vault/fingerprint.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace auricle::vault {
namespace {

constexpr std::size_t kKeyBytes = 32;

void must(bool isDone) {
    if (!isDone) throw std::runtime_error("OpenSSL cannot compute HMAC-SHA-256");
}

}  // namespace

struct Fingerprint::State {
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                          EVP_MAC_free};
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{EVP_MAC_CTX_new(mac.get()),
                                                                      EVP_MAC_CTX_free};
};

Secret Fingerprint::makeKey() {
    Secret key(kKeyBytes);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.bytes().data()), kKeyBytes) != 1) {
        throw std::runtime_error("The system gives no random bytes");
    }
    return key;
}

Fingerprint::Fingerprint(const Secret& key) : state_(std::make_unique<State>()) {
    std::string digest = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    must(state_->context &&
         EVP_MAC_init(state_->context.get(), reinterpret_cast<const unsigned char*>(key.bytes().data()),
                      key.size(), parameters) == 1);
}

Fingerprint::~Fingerprint() = default;

void Fingerprint::add(std::string_view field) {
    const std::uint64_t size = field.size();
    must(EVP_MAC_update(state_->context.get(), reinterpret_cast<const unsigned char*>(&size), sizeof size) ==
         1);
    must(EVP_MAC_update(state_->context.get(), reinterpret_cast<const unsigned char*>(field.data()),
                        field.size()) == 1);
}

FingerprintBytes Fingerprint::finish() {
    FingerprintBytes bytes;
    std::size_t size = 0;
    must(EVP_MAC_final(state_->context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size,
                       bytes.size()) == 1);
    return bytes;
}

}  // namespace auricle::vault
