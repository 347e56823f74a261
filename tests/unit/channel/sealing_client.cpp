#include "sealing_client.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "system/base64.h"

namespace auricle::channel_test {
namespace {

std::string encoded(std::string_view bytes) {
    return toBase64(std::as_bytes(std::span(bytes)));
}

std::string decoded(const std::string& text) {
    const auto bytes = fromBase64(text).value();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned char* raw(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string exchange(EVP_PKEY* ours, std::string_view theirs) {
    EVP_PKEY* peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw(theirs), theirs.size());
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(ours, nullptr);
    std::string secret(32, '\0');
    std::size_t size = secret.size();
    EVP_PKEY_derive_init(context);
    EVP_PKEY_derive_set_peer(context, peer);
    EVP_PKEY_derive(context, raw(secret), &size);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    return secret;
}

std::string hkdf(std::string_view secret, std::string_view salt, std::string_view info) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
    std::string key(32, '\0');
    std::size_t size = key.size();
    EVP_PKEY_derive_init(context);
    EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256());
    EVP_PKEY_CTX_set1_hkdf_salt(context, raw(salt), static_cast<int>(salt.size()));
    EVP_PKEY_CTX_set1_hkdf_key(context, raw(secret), static_cast<int>(secret.size()));
    EVP_PKEY_CTX_add1_hkdf_info(context, raw(info), static_cast<int>(info.size()));
    EVP_PKEY_derive(context, raw(key), &size);
    EVP_PKEY_CTX_free(context);
    return key;
}

}  // namespace

SealingClient::SealingClient() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")) {}
SealingClient::~SealingClient() {
    EVP_PKEY_free(static_cast<EVP_PKEY*>(key_));
}

std::string SealingClient::publicKey() const {
    std::string bytes(32, '\0');
    std::size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(static_cast<EVP_PKEY*>(key_), raw(bytes), &size);
    return encoded(bytes);
}

void SealingClient::agree(const nlohmann::json& opened) {
    sessionId_ = opened.at("sessionId");
    const auto secret = exchange(static_cast<EVP_PKEY*>(key_), decoded(opened.at("serverPubKey")));
    shared_ = hkdf(secret, decoded(opened.at("serverNonce")), "auricle seal v1");
}

nlohmann::json SealingClient::seal(std::string_view text, std::uint64_t seq) const {
    const std::string iv(12, static_cast<char>(seq));
    const std::string additional = sessionId_ + ":" + std::to_string(seq);
    std::string sealed(text.size(), '\0'), tag(16, '\0');
    int size = 0;
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, raw(std::string_view(shared_)),
                       raw(std::string_view(iv)));
    EVP_EncryptUpdate(context, nullptr, &size, raw(std::string_view(additional)),
                      static_cast<int>(additional.size()));
    EVP_EncryptUpdate(context, raw(sealed), &size, raw(text), static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(context, raw(tag), &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, tag.data());
    EVP_CIPHER_CTX_free(context);
    return {{"sessionId", sessionId_}, {"seq", seq}, {"iv", encoded(iv)}, {"data", encoded(sealed + tag)}};
}

}  // namespace auricle::channel_test
