#include "vault/vault.h"

#ifndef AURICLE_SANITIZED

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstring>

#include "system/base64.h"
#include "system/wiping_memory.h"
#include "tests/unit/vault/memory.h"
#include "vault/seal.h"

namespace auricle::vault {
namespace {

using test::Canary;

const std::string uni = "https://uni.hosted.panopto.com";
constexpr Place page{"uni.hosted.panopto.com", "/Panopto/Pages/Viewer.aspx", true};

// The text before, the canary, the text behind, without ever lying in plain memory.
Secret around(std::string_view before, const Canary& canary, std::string_view behind) {
    Secret text(before.size() + canary.size() + behind.size());
    auto* out = reinterpret_cast<char*>(text.bytes().data());
    std::memcpy(out, before.data(), before.size());
    canary.writeTo(out + before.size());
    std::memcpy(out + before.size() + canary.size(), behind.data(), behind.size());
    return text;
}

Secret cookiePut(const Canary& canary) {
    return around(
        R"({"kind":"cookies","site":"panopto","origin":"https://uni.hosted.panopto.com","store":"0","cookies":[)"
        R"({"name":".ASPXAUTH","domain":"uni.hosted.panopto.com","path":"/","secure":true,"value":")",
        canary, R"("}]})");
}

// Made in place: a Vault does not move.
Vault makeVault() {
    return {{{.site = "panopto", .login = {{".ASPXAUTH"}}}}, Vault::realClocks()};
}

TEST(SecretMemory, nothing_is_left_after_release) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    for (const std::size_t size : {0u, 30u, 1000u, 5000u, 100'000u}) {
        Secret secret = around(std::string(size, 'x'), canary, "");
        Secret copy = secret.duplicate();
        EXPECT_EQ(canary.copiesInMemory(), 2u);
        copy.shrink(size);
        EXPECT_EQ(canary.copiesInMemory(), 1u);
        secret.clear();
        EXPECT_EQ(canary.copiesInMemory(), 0u);
    }
}

TEST(SecretMemory, a_put_leaves_one_copy_and_forgetting_none) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    Vault vault = makeVault();
    ASSERT_TRUE(vault.put(cookiePut(canary)));
    EXPECT_EQ(canary.copiesInMemory(), 1u);
    EXPECT_FALSE(vault.put(cookiePut(canary))->isChanged);
    EXPECT_EQ(canary.copiesInMemory(), 1u);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(vault.cookieHeader({"panopto", uni, "0"}, page).empty());
    EXPECT_EQ(canary.copiesInMemory(), 1u);
    EXPECT_EQ(vault.forget({}, {}), 1u);
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}

TEST(SecretMemory, what_is_dropped_or_broken_leaves_nothing) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    Vault vault = makeVault();
    EXPECT_FALSE(vault.put(
        around(R"({"kind":"cookies","site":"panopto","origin":"https://uni.hosted.panopto.com","cookies":[)"
               R"({"name":"Other","domain":"uni.hosted.panopto.com","value":")",
               canary, R"("}]})")));
    EXPECT_FALSE(vault.put(around(R"({"kind":"bearer","token":")", canary, R"(",})")));
    EXPECT_FALSE(vault.put(around(R"({"kind":")", canary, R"(","a":1})")));
    EXPECT_FALSE(vault.put(around(R"({"unknown":")", canary, R"(", ")")));
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}

TEST(SecretMemory, a_bearer_replaced_is_gone) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary first, second;
    Vault vault = makeVault();
    constexpr std::string_view before = R"({"kind":"bearer","origin":"https://api.example.edu","token":")";
    ASSERT_TRUE(vault.put(around(before, first, R"("})")));
    ASSERT_TRUE(vault.put(around(before, second, R"("})")));
    EXPECT_FALSE(vault.bearer("https://api.example.edu").empty());
    EXPECT_EQ(first.copiesInMemory(), 0u);
    EXPECT_EQ(second.copiesInMemory(), 1u);
    vault.forget({}, "https://api.example.edu");
    EXPECT_EQ(second.copiesInMemory(), 0u);
}

TEST(SecretMemory, an_answers_cookie_replaced_is_gone) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary put, set;
    Vault vault = makeVault();
    ASSERT_TRUE(vault.put(cookiePut(put)));
    vault.received({"panopto", uni, "0"}, page, around(".ASPXAUTH=", set, "; path=/; Secure").reveal(), 1);
    EXPECT_EQ(put.copiesInMemory(), 0u);
    EXPECT_EQ(set.copiesInMemory(), 1u);
    vault.received({"panopto", uni, "0"}, page, ".ASPXAUTH=; path=/; Max-Age=0", 1);
    EXPECT_EQ(set.copiesInMemory(), 0u);
}

// Seals as an extension does, the other side of seal_test's vector.
std::vector<std::byte> sealWith(const Secret& key, std::string_view additional, const Secret& text) {
    std::vector<std::byte> data(text.size() + 16);
    const std::array<unsigned char, 12> iv{};
    auto* out = reinterpret_cast<unsigned char*>(data.data());
    auto* context = EVP_CIPHER_CTX_new();
    int size = 0;
    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr,
                       reinterpret_cast<const unsigned char*>(key.bytes().data()), iv.data());
    EVP_EncryptUpdate(context, nullptr, &size, reinterpret_cast<const unsigned char*>(additional.data()),
                      static_cast<int>(additional.size()));
    EVP_EncryptUpdate(context, out, &size, reinterpret_cast<const unsigned char*>(text.bytes().data()),
                      static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(context, out + size, &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out + text.size());
    EVP_CIPHER_CTX_free(context);
    return data;
}

TEST(SecretMemory, from_the_seal_to_the_header_and_forgotten_nothing_is_left) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    const auto scripted = [](std::span<std::byte> into) {
        for (std::size_t i = 0; i < into.size(); ++i)
            into[i] = static_cast<std::byte>((into.size() == 32 ? 0x41 : 0) + i);
    };
    SealTable table(SealTable::realClocks(), scripted);
    const std::string id = table.open("B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=")->sessionId;
    constexpr std::string_view hex = "6276311c1ca68108a77df1af6a52532cf64823bc5514a11b8296971e1eea191b";
    Secret key(32);
    for (std::size_t i = 0; i < 32; ++i)
        key.bytes()[i] = static_cast<std::byte>(std::stoi(std::string(hex.substr(i * 2, 2)), nullptr, 16));
    const std::string data = toBase64(sealWith(key, id + ":1", cookiePut(canary)));
    Vault vault = makeVault();
    {
        const auto opened = table.unseal({id, 1, "AAAAAAAAAAAAAAAA", data});
        ASSERT_TRUE(opened);
        ASSERT_TRUE(vault.put(*opened));
        EXPECT_EQ(canary.copiesInMemory(), 2u);
    }
    EXPECT_FALSE(vault.cookieHeader({"panopto", uni, "0"}, page).empty());
    EXPECT_EQ(canary.copiesInMemory(), 1u);
    vault.forget("panopto", uni);
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}

}  // namespace
}  // namespace auricle::vault

#endif
