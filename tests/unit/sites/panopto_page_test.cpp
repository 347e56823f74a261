#include "sites/panopto_page.h"

#include <gtest/gtest.h>

#include "sites/panopto.h"
#include "sites/registry.h"

namespace auricle::sites {
namespace {

const std::string recording = "26b3ae9e-4a48-4dcc-96ba-0befba08a0fb";
const std::string other = "ed01b077-c9e5-4c7b-b8ff-15fa306d7a59";

std::optional<Page> pageAt(const std::string& text, const std::vector<std::string>& vanityHosts = {}) {
    auto url = net::Url::parse(text);
    if (!url) return std::nullopt;
    return panoptoPage(*url, vanityHosts);
}

TEST(PanoptoPage, KnowsAViewerPageAndReducesItToTheRecording) {
    auto page = pageAt("https://demo.hosted.panopto.com/Panopto/Pages/Viewer.aspx?start=12&id=" + recording +
                       "&query=secret#t=3");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->site, "panopto");
    EXPECT_EQ(page->origin, "https://demo.hosted.panopto.com");
    EXPECT_EQ(page->id, recording);
    EXPECT_FALSE(page->idIsTid);
    EXPECT_EQ(page->url.text(), "https://demo.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=" + recording);
}

TEST(PanoptoPage, KnowsEveryFormOfAPage) {
    const std::string base = "https://uni.hosted.panopto.com/Panopto/";
    for (const auto& rest : std::vector<std::string>{
             "Pages/Viewer.aspx?id=" + recording,
             "Pages/Embed.aspx?id=" + recording,
             "Pages/Embed.aspx?autoplay=false&offerviewer=true&id=" + recording,
             "Pages/Viewer.aspx?randomparam=x&id=" + recording + "&advance=true",
             "Pages/Viewer.aspx?pid=" + other + "&id=" + recording,
             "Pages/viewer.ASPX?ID=26B3AE9E-4A48-4DCC-96BA-0BEFBA08A0FB",
             "Podcast/Download/" + recording + ".mp4?mediaTargetType=audioPodcast",
             "Podcast/Syndication/" + recording + ".mp4?mediaTargetType=audioPodcast",
             "podcast/stream/" + recording + ".MP4",
         }) {
        auto page = pageAt(base + rest);
        ASSERT_TRUE(page) << rest;
        EXPECT_EQ(page->id, recording) << rest;
        EXPECT_FALSE(page->idIsTid) << rest;
        EXPECT_EQ(page->url.text(), base + "Pages/Viewer.aspx?id=" + recording);
        EXPECT_EQ(pageAt(page->url.text())->url, page->url) << "a reduced page is a page";
    }
}

TEST(PanoptoPage, TakesATopicIdOnlyWhereThereIsNoId) {
    auto byTid = pageAt("https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?tid=" + recording);
    ASSERT_TRUE(byTid);
    EXPECT_TRUE(byTid->idIsTid);
    EXPECT_EQ(byTid->url.query(), "tid=" + recording);
    auto both =
        pageAt("https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?tid=" + other + "&id=" + recording);
    ASSERT_TRUE(both);
    EXPECT_FALSE(both->idIsTid);
    EXPECT_EQ(both->id, recording);
}

TEST(PanoptoPage, KnowsTheHostsOfPanopto) {
    for (const auto* host : {"demo.hosted.panopto.com", "uni.panopto.com", "uni.ca.panopto.com",
                             "unisa.au.panopto.com", "westernsydney.ap.panopto.com", "uni.cloud.panopto.eu",
                             "uni.panopto.eu", "UNI.hosted.PANOPTO.com"}) {
        EXPECT_TRUE(pageAt(std::string("https://") + host + "/Panopto/Pages/Viewer.aspx?id=" + recording))
            << host;
    }
}

TEST(PanoptoPage, RefusesHostsThatOnlyLookLikePanopto) {
    for (const auto* host :
         {"panopto.com.evil.example", "evilpanopto.com", "uni.evilpanopto.com", "panopto.com", "panopto.eu",
          "uni.hosted.panopto.com.evil.example", "uni.panopto.org", "uni.panopto.com:8443", "127.0.0.1",
          "uni-hosted-panopto.com", "uni..panopto.com"}) {
        EXPECT_FALSE(pageAt(std::string("https://") + host + "/Panopto/Pages/Viewer.aspx?id=" + recording))
            << host;
    }
}

TEST(PanoptoPage, RefusesEverySchemeButHttps) {
    for (const auto* scheme : {"http", "ftp", "javascript"}) {
        EXPECT_FALSE(pageAt(std::string(scheme) +
                            "://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=" + recording));
    }
    EXPECT_FALSE(
        pageAt("http://localhost/Panopto/Pages/Viewer.aspx?id=" + recording, {"localhost", "localhost:80"}));
}

TEST(PanoptoPage, KnowsConfiguredHostsAndNoneBesideThem) {
    const std::vector<std::string> hosts{"Player.Kent.ac.uk", "lectures.example:8443"};
    const std::string rest = "/Panopto/Pages/Viewer.aspx?id=" + recording;
    EXPECT_TRUE(pageAt("https://player.kent.ac.uk" + rest, hosts));
    EXPECT_TRUE(pageAt("https://lectures.example:8443" + rest, hosts));
    EXPECT_FALSE(pageAt("https://lectures.example" + rest, hosts));
    EXPECT_FALSE(pageAt("https://x.player.kent.ac.uk" + rest, hosts));
    EXPECT_FALSE(pageAt("https://player.kent.ac.uk.evil.example" + rest, hosts));
    EXPECT_FALSE(pageAt("https://player.kent.ac.uk" + rest));
}

TEST(PanoptoPage, RefusesWhatNamesNoRecording) {
    const std::string base = "https://uni.hosted.panopto.com";
    for (const auto& rest : std::vector<std::string>{
             "/Panopto/Pages/Viewer.aspx",
             "/Panopto/Pages/Viewer.aspx?id=", "/Panopto/Pages/Viewer.aspx?id=../../etc/passwd",
             "/Panopto/Pages/Viewer.aspx?id=" + recording + "0",
             "/Panopto/Pages/Viewer.aspx?id=g" + recording.substr(1),
             "/Panopto/Pages/Viewer.aspx?id=------------------------------------",
             "/Panopto/Pages/Viewer.aspx?pid=" + recording,
             "/Panopto/Pages/Viewer.aspx?id=broken&tid=" + recording,
             "/Panopto/Pages/Sessions/List.aspx?id=" + recording,
             "/x/Panopto/Pages/Viewer.aspx?id=" + recording, "/Panopto/Pages/Viewer.aspx/?id=" + recording,
             "/Panopto/Podcast/Download/" + recording + ".exe",
             "/Panopto/Podcast/Download/x/" + recording + ".mp4", "/?id=" + recording}) {
        EXPECT_FALSE(pageAt(base + rest)) << rest;
    }
}

TEST(PanoptoPage, KnowsTheSignInPageInEveryForm) {
    for (const auto* rest :
         {"/Panopto/Pages/Auth/Login.aspx?Auth=Viewer&ReturnUrl=%2fPanopto", "/panopto/pages/auth/login.aspx",
          "/Panopto/Pages/Auth/Login.aspx?instance=UNI&AllowBounce=true", "/Panopto/lti/lti.aspx"}) {
        EXPECT_TRUE(isPanoptoSignIn(*net::Url::parse(std::string("https://uni.hosted.panopto.com") + rest)))
            << rest;
    }
    EXPECT_FALSE(
        isPanoptoSignIn(*net::Url::parse("https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx")));
}

TEST(SiteRegistry, KnowsPagesOfTheSitesThatAreOn) {
    Config config;
    config.sites["panopto"] = {};
    config.panopto.hosts = {"lectures.example"};
    auto registry = sitesFor(config);
    auto page = registry.recognise(
        *net::Url::parse("https://lectures.example/Panopto/Pages/Viewer.aspx?id=" + recording));
    ASSERT_TRUE(page);
    ASSERT_NE(registry.find(page->site), nullptr);
    EXPECT_EQ(registry.find(page->site)->name(), "panopto");
    EXPECT_EQ(registry.names(), (std::vector<std::string_view>{"panopto", "youtube", "mubi", "direct"}));
    EXPECT_EQ(registry.find("nobody"), nullptr);
    EXPECT_FALSE(registry.recognise(*net::Url::parse("https://example.org/")));
}

TEST(SiteRegistry, LeavesOutASiteThatIsSwitchedOff) {
    Config config;
    config.sites["panopto"].enabled = false;
    auto registry = sitesFor(config);
    EXPECT_FALSE(registry.recognise(
        *net::Url::parse("https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=" + recording)));
    EXPECT_EQ(registry.find("panopto"), nullptr);
}

}  // namespace
}  // namespace auricle::sites
