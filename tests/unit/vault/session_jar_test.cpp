#include "vault/session_jar.h"

#include <gtest/gtest.h>

#include "capture/credentials.h"
#include "system/wiping_memory.h"
#include "tests/unit/vault/memory.h"

namespace auricle::vault {
namespace {

using namespace std::chrono_literals;

constexpr Place api{"play.uni.example", "/api/v1/key", true};
constexpr std::string_view given = "sessionToken=one; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure";

class SessionJarTest : public testing::Test {
  protected:
    std::chrono::system_clock::time_point now{1'795'000'000s};
    SessionJar jar{{"sessionToken"}, [this] { return now; }};
    std::string headerAt(const Place& place) const { return std::string(jar.cookieHeader(place).reveal()); }
};

TEST_F(SessionJarTest, gives_back_what_the_server_set_until_it_expires) {
    EXPECT_EQ(headerAt(api), "");
    jar.received(api, given);
    EXPECT_EQ(headerAt(api), "sessionToken=one");
    jar.received(api, "sessionToken=two; Path=/; Max-Age=1800; HttpOnly; Secure");
    EXPECT_EQ(headerAt(api), "sessionToken=two");
    now += 1801s;
    EXPECT_EQ(headerAt(api), "");
}

TEST_F(SessionJarTest, gives_it_to_nobody_else) {
    jar.received(api, given);
    EXPECT_EQ(headerAt({"cdn.uni.example", "/", true}), "");
    EXPECT_EQ(headerAt({"a.play.uni.example", "/", true}), "");
    EXPECT_EQ(headerAt({"play.uni.example", "/", false}), "");
}

TEST_F(SessionJarTest, keeps_no_other_cookie_and_none_from_an_insecure_place) {
    jar.received(api, "tracking=me; Path=/; Secure");
    jar.received({"play.uni.example", "/", false}, given);
    jar.received(api, "sessionToken=x; Domain=example; Path=/");
    EXPECT_EQ(headerAt(api), "");
}

TEST_F(SessionJarTest, lets_go_of_it_when_the_server_clears_it) {
    jar.received(api, given);
    jar.received(api, "sessionToken=; Path=/; Max-Age=0; Secure");
    EXPECT_EQ(headerAt(api), "");
}

class SessionCredentials : public SessionJarTest {
  protected:
    Vault vault{{{.site = "playback", .login = {{"login"}}, .helpful = {}}}, Vault::realClocks()};
    Key key{"playback", "https://play.uni.example", "0"};
    capture::SiteCredentials one{vault, key, true, {"sessionToken"}},
        other{vault, key, true, {"sessionToken"}}, withoutCookies{vault, key, false, {"sessionToken"}};
    net::Url at = *net::Url::parse("https://play.uni.example/api/v1/key");

    void signIn() {
        ASSERT_TRUE(vault.put(Secret::copyOf(
            R"({"kind":"cookies","site":"playback","origin":"https://play.uni.example","store":"0","cookies":[)"
            R"({"name":"login","domain":"play.uni.example","path":"/","secure":true,"value":"me"},)"
            R"({"name":"sessionToken","domain":"play.uni.example","path":"/","secure":true,"value":"theirs"}]})")));
    }
    std::string sent(capture::SiteCredentials& credentials, const char* url) {
        return std::string(credentials.cookies(*net::Url::parse(url)).reveal());
    }
};

TEST_F(SessionCredentials, belong_to_one_capture_and_go_beside_the_persons_own) {
    signIn();
    one.received(at, given);
    other.received(at, "sessionToken=two; Path=/; Secure");
    EXPECT_EQ(sent(one, "https://play.uni.example/api/v1/key"), "login=me; sessionToken=one");
    EXPECT_EQ(sent(other, "https://play.uni.example/api/v1/key"), "login=me; sessionToken=two");
    EXPECT_EQ(sent(one, "https://cdn.uni.example/0.m4s"), "");
    EXPECT_EQ(sent(one, "https://play.uni.example:8443/api/v1/key"), "");
    EXPECT_EQ(vault.status().front().count, 1u) << "a session of the person's own player is not taken";
}

TEST_F(SessionCredentials, are_set_by_the_server_itself_alone) {
    one.received(*net::Url::parse("https://uni.example/"),
                 "sessionToken=x; Domain=uni.example; Path=/; Secure");
    one.received(*net::Url::parse("https://cdn.play.uni.example/"),
                 "sessionToken=x; Domain=play.uni.example; Secure");
    EXPECT_EQ(sent(one, "https://play.uni.example/api/v1/key"), "");
}

TEST_F(SessionCredentials, are_used_where_the_persons_cookies_may_not_be) {
    signIn();
    withoutCookies.received(at, given);
    EXPECT_EQ(sent(withoutCookies, "https://play.uni.example/api/v1/key"), "sessionToken=one");
}

#ifndef AURICLE_SANITIZED
TEST(SessionJarMemory, holds_one_copy_and_none_when_the_capture_is_over) {
    ASSERT_TRUE(activateWipingMemory());
    const test::Canary canary;
    {
        SessionJar jar({"sessionToken"});
        {
            std::string header = "sessionToken=" + std::string(canary.size(), '.') + "; Path=/; Secure";
            canary.writeTo(header.data() + 13);
            jar.received(api, header);
        }
        EXPECT_EQ(canary.copiesInMemory(), 1u);
        for (int i = 0; i < 10; ++i) EXPECT_FALSE(jar.cookieHeader(api).empty());
        EXPECT_EQ(canary.copiesInMemory(), 1u);
    }
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}
#endif

}  // namespace
}  // namespace auricle::vault
