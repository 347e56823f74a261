#include "capture/mubi_credentials.h"

#include <gtest/gtest.h>

#include "capture/site_cookies.h"
#include "system/base64.h"
#include "system/wiping_memory.h"
#include "tests/unit/sites/scripted_client.h"
#include "tests/unit/vault/memory.h"
#include "vault/secret_text.h"

namespace auricle::capture {
namespace {

using test::url;

const vault::Key key{.site = "mubi", .origin = "https://mubi.com", .store = "0"};

vault::Secret cookiePut(std::string_view name, std::string_view value) {
    return vault::SecretText()
        .add(
            R"({"kind":"cookies","site":"mubi","origin":"https://mubi.com","store":"0","cookies":[{"name":")")
        .add(name)
        .add(R"(","domain":".mubi.com","path":"/","secure":true,"value":")")
        .add(value)
        .add(R"("}]})")
        .take();
}

class MubiCredentialsTest : public testing::Test {
  protected:
    std::string authorization(const std::string& at) {
        return std::string(credentials->authorization(url(at)).reveal());
    }
    std::vector<std::string> headerNames(const std::string& at) {
        std::vector<std::string> names;
        for (const auto& header : credentials->headers(url(at), "12345")) names.push_back(header.name);
        return names;
    }

    vault::Vault vault{siteCookies(Config{}), vault::Vault::realClocks()};
    std::unique_ptr<net::Credentials> credentials = siteCredentials(vault, key, true);
};

TEST_F(MubiCredentialsTest, go_to_the_api_and_nowhere_else) {
    ASSERT_TRUE(vault.put(cookiePut("lt", "tok")));
    const std::string api = "https://api.mubi.com/v4/account";
    EXPECT_EQ(authorization(api), "Bearer tok");
    EXPECT_EQ(headerNames(api), (std::vector<std::string>{"Anonymous_user_id", "dt-custom-data"}));
    EXPECT_TRUE(credentials->cookies(url(api)).empty());
    for (const std::string other :
         {"https://mubi.com/v4/account", "https://www.mubi.com/", "https://api.mubi.com:8443/v4/account",
          "https://streams.mubicdn.net/a.mpd", "https://lic.drmtoday.com/license-proxy-widevine/cenc/",
          "https://xapi.mubi.com/", "https://api.mubi.com.stranger.example/", "http://127.0.0.1/"}) {
        EXPECT_EQ(authorization(other), "") << other;
        EXPECT_TRUE(headerNames(other).empty()) << other;
        EXPECT_TRUE(credentials->cookies(url(other)).empty()) << other;
    }
}

TEST_F(MubiCredentialsTest, are_none_where_cookies_are_not_to_be_used) {
    ASSERT_TRUE(vault.put(cookiePut("lt", "tok")));
    credentials = siteCredentials(vault, key, false);
    EXPECT_EQ(authorization("https://api.mubi.com/"), "");
    EXPECT_EQ(headerNames("https://api.mubi.com/"), std::vector<std::string>{"Anonymous_user_id"});
    EXPECT_EQ(credentials->madeOf(), "");
}

TEST_F(MubiCredentialsTest, are_made_of_a_token_that_was_handed_in_before_any_cookie) {
    ASSERT_TRUE(vault.put(cookiePut("lt", "tok")));
    EXPECT_EQ(credentials->madeOf(), "the cookie lt");
    vault::OpenedBearer handed{
        .origin = "https://api.mubi.com", .token = vault::Secret::copyOf("own"), .expiresAtMs = {}};
    ASSERT_TRUE(vault.put(std::move(handed)));
    EXPECT_EQ(authorization("https://api.mubi.com/"), "Bearer own");
    EXPECT_EQ(credentials->madeOf(), "the token that was handed in");
}

TEST_F(MubiCredentialsTest, have_the_browsers_own_number_or_a_random_one) {
    auto number = [&] {
        return std::string(credentials->headers(url("https://api.mubi.com/"), "")[0].value.reveal());
    };
    auto random = number();
    EXPECT_EQ(random.size(), 36u);
    EXPECT_EQ(number(), random);
    EXPECT_NE(
        std::string(
            siteCredentials(vault, key, true)->headers(url("https://api.mubi.com/"), "")[0].value.reveal()),
        random);
}

TEST_F(MubiCredentialsTest, take_a_new_token_from_the_api_alone) {
    ASSERT_TRUE(vault.put(cookiePut("lt", "tok")));
    EXPECT_EQ(authorization("https://api.mubi.com/"), "Bearer tok");
    credentials->received(url("https://streams.mubicdn.net/"), "lt=bad; Domain=mubi.com; Path=/; Secure");
    EXPECT_EQ(authorization("https://api.mubi.com/"), "Bearer tok");
    credentials->received(url("https://api.mubi.com/"), "lt=next; Domain=mubi.com; Path=/; Secure");
    EXPECT_EQ(authorization("https://api.mubi.com/"), "Bearer next");
}

TEST_F(MubiCredentialsTest, foresee_the_end_of_a_token_that_says_it) {
    const std::string claims = R"({"exp":1800000000})";
    auto encoded = auricle::toBase64(std::as_bytes(std::span(claims.data(), claims.size())));
    ASSERT_TRUE(vault.put(cookiePut("lt", "e30." + encoded + ".c2ln")));
    EXPECT_EQ(tokenExpiry(vault, key), 1'800'000'000'000);
    EXPECT_FALSE(tokenExpiry(vault, {"panopto", "https://uni.hosted.panopto.com", "0"}));
}

#ifndef AURICLE_SANITIZED
TEST_F(MubiCredentialsTest, leave_one_copy_in_the_vault_and_none_anywhere_else) {
    ASSERT_TRUE(activateWipingMemory());
    const test::Canary token;
    vault::Secret text(token.size());
    token.writeTo(reinterpret_cast<char*>(text.bytes().data()));
    ASSERT_TRUE(vault.put(cookiePut("lt", text.reveal())));
    text.clear();
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(credentials->authorization(url("https://api.mubi.com/")).empty());
        EXPECT_EQ(credentials->headers(url("https://api.mubi.com/"), "1").size(), 2u);
        EXPECT_FALSE(credentials->madeOf().empty());
    }
    EXPECT_EQ(token.copiesInMemory(), 1u);
}
#endif

}  // namespace
}  // namespace auricle::capture
