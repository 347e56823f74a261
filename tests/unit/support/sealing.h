// The other side of sealed things, for tests: what a server seals, by OpenSSL.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::test {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline Bytes copyOf(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

inline Bytes fromHex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return bytes;
}
inline std::string toHex(std::span<const std::byte> bytes) {
    std::string text;
    for (auto byte : bytes) {
        text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
        text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

namespace sealing {
struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
inline const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline Bytes encrypted(const EVP_CIPHER* cipher, std::span<const std::byte> key, const unsigned char* iv,
                       std::span<const std::byte> text, std::size_t tagBytes) {
    const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    Bytes sealed(text.size() + 16);
    auto* out = reinterpret_cast<unsigned char*>(sealed.data());
    int written = 0, last = 0;
    if (EVP_EncryptInit_ex(context.get(), cipher, nullptr, raw(key), iv) != 1 ||
        EVP_EncryptUpdate(context.get(), out, &written, raw(text), static_cast<int>(text.size())) != 1 ||
        EVP_EncryptFinal_ex(context.get(), out + written, &last) != 1)
        throw std::runtime_error("OpenSSL does not seal this");
    sealed.resize(static_cast<std::size_t>(written + last));
    Bytes tag(tagBytes);
    if (tagBytes > 0)
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tagBytes), tag.data());
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    return sealed;
}
}  // namespace sealing

/// AES-128-GCM without additional data: ciphertext and tag.
inline Bytes sealedGcm(std::span<const std::byte> key, std::span<const std::byte> iv,
                       std::span<const std::byte> text) {
    return sealing::encrypted(EVP_aes_128_gcm(), key, sealing::raw(iv), text, 16);
}

/// AES key wrap, RFC 3394.
inline Bytes wrappedKey(std::span<const std::byte> kek, std::span<const std::byte> key) {
    return sealing::encrypted(EVP_aes_128_wrap(), kek, nullptr, key, 0);
}

}  // namespace auricle::test
