#include "capture/site_cookies.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vault/vault.h"

namespace auricle::capture {
namespace {

using nlohmann::json;
using vault::Secret;

class SiteCookies : public testing::Test {
  protected:
    static json cookie(const char* name, const char* domain, bool isHostOnly = false) {
        return {{"name", name},
                {"value", std::string("v-") + name},
                {"domain", domain},
                {"hostOnly", isHostOnly},
                {"path", "/"},
                {"secure", true},
                {"httpOnly", true},
                {"session", true},
                {"sameSite", "no_restriction"}};
    }
    Result<vault::PutOutcome> put(const char* site, const char* origin, json cookies) {
        const json whole = {
            {"kind", "cookies"}, {"site", site}, {"origin", origin}, {"store", "0"}, {"cookies", cookies}};
        return secrets.put(Secret::copyOf(whole.dump()));
    }
    std::string header(const char* site, const char* origin, const char* host) {
        return std::string(secrets.cookieHeader({site, origin, "0"}, {host, "/", true}).reveal());
    }
    static constexpr const char* tube = "https://www.youtube.com";

    vault::Vault secrets{siteCookies(Config{}), vault::Vault::realClocks()};
};

TEST_F(SiteCookies, youtube_needs_who_is_logged_in_and_one_of_three_keys) {
    for (const char* key : {"SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID"}) {
        EXPECT_TRUE(put("youtube", tube, {cookie("LOGIN_INFO", ".youtube.com"), cookie(key, ".youtube.com")}))
            << key;
    }
    const auto withoutKey = put("youtube", tube, {cookie("LOGIN_INFO", ".youtube.com")});
    ASSERT_FALSE(withoutKey);
    EXPECT_EQ(withoutKey.error().message,
              "No cookie of a signed-in session was found for https://www.youtube.com (looked for LOGIN_INFO "
              "and one of SAPISID, __Secure-1PAPISID, __Secure-3PAPISID; missing is one of SAPISID, "
              "__Secure-1PAPISID, __Secure-3PAPISID). Sign in there in the browser, then try again.");
    const auto withoutLogin = put("youtube", tube, {cookie("SAPISID", ".youtube.com")});
    ASSERT_FALSE(withoutLogin);
    EXPECT_NE(withoutLogin.error().message.find("missing is LOGIN_INFO)"), std::string::npos);
}

TEST_F(SiteCookies, youtube_keeps_googles_beside_its_own_and_sends_each_to_its_host) {
    const auto outcome = put("youtube", tube,
                             {cookie("LOGIN_INFO", ".youtube.com"), cookie("SAPISID", ".youtube.com"),
                              cookie("SID", ".google.com"), cookie("HSID", ".google.com.evil.example"),
                              cookie("SSID", "mail.example"), cookie("__Secure-1PSID", ".com")});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->kept, 3u);
    std::vector<std::pair<std::string, std::string>> dropped;
    for (const auto& [name, why] : outcome->dropped) dropped.emplace_back(name, why);
    EXPECT_EQ(dropped, (std::vector<std::pair<std::string, std::string>>{
                           {"HSID", "belongs to another host"},
                           {"SSID", "belongs to another host"},
                           {"__Secure-1PSID", "its domain is a public suffix"}}));
    EXPECT_EQ(header("youtube", tube, "www.youtube.com"), "LOGIN_INFO=v-LOGIN_INFO; SAPISID=v-SAPISID");
    EXPECT_EQ(header("youtube", tube, "accounts.google.com"), "SID=v-SID");
    EXPECT_EQ(header("youtube", tube, "rr1.googlevideo.com"), "");
}

TEST_F(SiteCookies, youtube_is_not_signed_in_by_cookies_that_lie_at_google_alone) {
    EXPECT_FALSE(
        put("youtube", tube, {cookie("LOGIN_INFO", ".google.com"), cookie("SAPISID", ".google.com")}));
    EXPECT_FALSE(
        put("youtube", tube, {cookie("LOGIN_INFO", ".youtube.com"), cookie("SAPISID", ".google.com")}));
}

TEST_F(SiteCookies, a_half_session_in_a_partition_is_not_taken_for_a_whole_one) {
    auto inFrame = cookie("LOGIN_INFO", ".youtube.com");
    inFrame["value"] = "framed";
    inFrame["partitionKey"] = {{"topLevelSite", "https://lms.example"}};
    ASSERT_TRUE(put("youtube", tube,
                    {inFrame, cookie("LOGIN_INFO", ".youtube.com"), cookie("SAPISID", ".youtube.com")}));
    EXPECT_EQ(header("youtube", tube, "www.youtube.com"), "LOGIN_INFO=v-LOGIN_INFO; SAPISID=v-SAPISID");
}

TEST_F(SiteCookies, mubi_is_content_with_any_of_its_three) {
    for (const char* name : {"lt", "_mubi_session", "remember_token"})
        EXPECT_TRUE(put("mubi", "https://mubi.com", {cookie(name, ".mubi.com")})) << name;
    EXPECT_FALSE(put("mubi", "https://mubi.com", {cookie("_snow_id.c006", ".mubi.com")}));
    ASSERT_TRUE(put("mubi", "https://mubi.com",
                    {cookie("lt", ".mubi.com"), cookie("_mubi_session", "api.mubi.com", true)}));
    EXPECT_EQ(header("mubi", "https://mubi.com", "api.mubi.com"), "lt=v-lt; _mubi_session=v-_mubi_session");
    EXPECT_EQ(header("mubi", "https://mubi.com", "mubi.com"), "lt=v-lt");
}

TEST_F(SiteCookies, panopto_stays_with_its_tenant) {
    constexpr const char* uni = "https://uni.hosted.panopto.com";
    EXPECT_FALSE(put("panopto", uni, {cookie(".ASPXAUTH", "other.hosted.panopto.com", true)}));
    EXPECT_TRUE(put("panopto", uni, {cookie(".ASPXAUTH", "uni.hosted.panopto.com", true)}));
}

TEST_F(SiteCookies, an_answer_of_another_host_of_the_site_may_set_what_it_needs) {
    ASSERT_TRUE(put("mubi", "https://mubi.com", {cookie("lt", ".mubi.com")}));
    const vault::Key key{"mubi", "https://mubi.com", "0"};
    secrets.received(key, {"api.mubi.com", "/v4/x", true}, "_mubi_session=s; path=/; Secure", 1);
    secrets.received(key, {"evil.example", "/", true}, "lt=evil; path=/; Secure", 1);
    EXPECT_EQ(header("mubi", "https://mubi.com", "api.mubi.com"), "lt=v-lt; _mubi_session=s");
}

}  // namespace
}  // namespace auricle::capture
