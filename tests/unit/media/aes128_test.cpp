#include "media/aes128.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <vector>

namespace auricle::media {
namespace {

using Block = std::array<std::byte, Aes128Cbc::blockBytes>;

Block block(unsigned first) {
    Block made{};
    for (auto& byte : made) byte = static_cast<std::byte>(first++);
    return made;
}

std::vector<std::byte> plain(std::size_t size) {
    std::vector<std::byte> made(size);
    for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::byte>(i * 7 + i / 256);
    return made;
}

/// As a packager does it; without padding where `isPadded` is false.
std::vector<std::byte> sealed(const Block& key, const Block& iv, const std::vector<std::byte>& text,
                              bool isPadded = true) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                 EVP_CIPHER_CTX_free);
    const auto raw = [](const auto& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
    std::vector<std::byte> out(text.size() + Aes128Cbc::blockBytes);
    auto* begin = reinterpret_cast<unsigned char*>(out.data());
    int written = 0, last = 0;
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_cbc(), nullptr, raw(key), raw(iv));
    EVP_CIPHER_CTX_set_padding(cipher.get(), isPadded);
    EVP_EncryptUpdate(cipher.get(), begin, &written, raw(text), static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(cipher.get(), begin + written, &last);
    out.resize(static_cast<std::size_t>(written + last));
    return out;
}

TEST(Aes128, opens_every_length_in_place) {
    Aes128Cbc cipher(block(1));
    for (std::size_t size : {0u, 1u, 15u, 16u, 17u, 188u, 4096u, 100'001u}) {
        auto iv = block(static_cast<unsigned>(size));
        auto bytes = sealed(block(1), iv, plain(size));
        auto opened = cipher.open(iv, bytes);
        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(opened->data(), bytes.data());
        EXPECT_EQ(std::vector(opened->begin(), opened->end()), plain(size));
    }
}

TEST(Aes128, opens_what_the_standard_gives_as_an_example) {
    // NIST SP 800-38A section F.2.2, its first block; padding follows here in a second one.
    Block key{}, iv = block(0);
    constexpr std::array<unsigned, 16> keyBytes{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                                0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c},
        text{0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a},
        first{0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d};
    std::vector<std::byte> expected;
    for (std::size_t i = 0; i < 16; ++i) {
        key[i] = static_cast<std::byte>(keyBytes[i]);
        expected.push_back(static_cast<std::byte>(text[i]));
    }
    auto bytes = sealed(key, iv, expected);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(bytes[i], static_cast<std::byte>(first[i]));
    auto opened = Aes128Cbc(key).open(iv, bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(std::vector(opened->begin(), opened->end()), expected);
}

TEST(Aes128, refuses_what_is_no_whole_number_of_blocks) {
    Aes128Cbc cipher(block(1));
    std::vector<std::byte> bytes(33);
    for (std::size_t size : {0u, 1u, 15u, 33u}) {
        auto opened = cipher.open(block(0), std::span(bytes).first(size));
        ASSERT_FALSE(opened) << size;
        EXPECT_EQ(opened.error().kind, Kind::not_media);
    }
}

TEST(Aes128, refuses_padding_that_is_none) {
    auto text = plain(64);
    for (auto end :
         {std::vector{0}, std::vector{17}, std::vector{255}, std::vector{1, 2}, std::vector{3, 2, 3}}) {
        std::size_t at = text.size() - end.size();
        for (int value : end) text[at++] = static_cast<std::byte>(value);
        auto bytes = sealed(block(1), block(2), text, false);
        auto opened = Aes128Cbc(block(1)).open(block(2), bytes);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Kind::not_media);
    }
}

TEST(Aes128, refuses_what_another_key_has_closed) {
    auto bytes = sealed(block(1), block(2), plain(1000));
    EXPECT_FALSE(Aes128Cbc(block(9)).open(block(2), bytes));
}

}  // namespace
}  // namespace auricle::media
