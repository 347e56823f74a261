#include "vault/cookie.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace auricle::vault {
namespace {

using nlohmann::json;

constexpr std::int64_t now = 1'795'000'000'000;
constexpr std::string_view uni = "uni.hosted.panopto.com";

json chromeCookie() {
    return {{"domain", uni},  {"hostOnly", true},  {"httpOnly", true}, {"name", ".ASPXAUTH"},
            {"path", "/"},    {"sameSite", "lax"}, {"secure", true},   {"session", true},
            {"storeId", "0"}, {"value", "ABCDEF"}};
}

Result<OfferedCookie> read(const json& cookie) {
    const Secret text = Secret::copyOf(cookie.dump());
    SecretJson reader(text);
    return readCookie(reader);
}

std::string whyRefused(const json& cookie, std::string_view host = uni) {
    auto offered = read(cookie);
    if (!offered) return "unreadable " + offered.error().path;
    const auto accepted = acceptCookie(std::move(offered->cookie), host, now);
    return accepted ? "accepted" : accepted.error();
}

json with(std::string_view field, json value) {
    json cookie = chromeCookie();
    cookie[field] = std::move(value);
    return cookie;
}

TEST(Cookie, reads_what_chrome_gives) {
    json given = chromeCookie();
    given["expirationDate"] = 1795000123.4567;
    given["partitionKey"] = {{"topLevelSite", "https://lms.example"}, {"hasCrossSiteAncestor", true}};
    const auto offered = read(given);
    ASSERT_TRUE(offered);
    const Cookie& cookie = offered->cookie;
    EXPECT_EQ(cookie.name, ".ASPXAUTH");
    EXPECT_EQ(cookie.value.reveal(), "ABCDEF");
    EXPECT_EQ(cookie.domain, uni);
    EXPECT_TRUE(cookie.isHostOnly && cookie.isSecure && cookie.isHttpOnly);
    EXPECT_EQ(cookie.expiresAtMs, 1795000123456);
    EXPECT_FALSE(cookie.partition.empty());
    EXPECT_EQ(offered->store, "0");
}

TEST(Cookie, reads_what_firefox_gives) {
    json given = chromeCookie();
    given["firstPartyDomain"] = "";
    given["partitionKey"] = nullptr;
    given["storeId"] = "firefox-container-3";
    given["expirationDate"] = 1795000123;
    given["sameSite"] = "no_restriction";
    const auto offered = read(given);
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->cookie.partition, "");
    EXPECT_EQ(offered->cookie.expiresAtMs, 1795000123000);
    EXPECT_EQ(offered->store, "firefox-container-3");
}

TEST(Cookie, tells_partitions_apart) {
    const auto partition = [](json key, json firstParty) {
        json given = with("partitionKey", std::move(key));
        given["firstPartyDomain"] = std::move(firstParty);
        return read(given).value().cookie.partition;
    };
    const json lms = {{"topLevelSite", "https://lms.example"}},
               other = {{"topLevelSite", "https://other.example"}};
    const json across = {{"topLevelSite", "https://lms.example"}, {"hasCrossSiteAncestor", true}};
    const std::set<std::string> all{partition(nullptr, nullptr), partition(lms, nullptr),
                                    partition(other, nullptr), partition(nullptr, "lms.example"),
                                    partition(across, nullptr)};
    EXPECT_EQ(all.size(), 5u);
    EXPECT_EQ(partition(json::object(), ""), "");
    EXPECT_EQ(partition({{"topLevelSite", ""}}, nullptr), "");
}

TEST(Cookie, a_field_of_the_wrong_type_is_named_by_its_path) {
    EXPECT_EQ(whyRefused(with("name", 1)), "unreadable /name");
    EXPECT_EQ(whyRefused(with("value", json::array())), "unreadable /value");
    EXPECT_EQ(whyRefused(with("domain", true)), "unreadable /domain");
    EXPECT_EQ(whyRefused(with("hostOnly", "yes")), "unreadable /hostOnly");
    EXPECT_EQ(whyRefused(with("secure", 1)), "unreadable /secure");
    EXPECT_EQ(whyRefused(with("expirationDate", "soon")), "unreadable /expirationDate");
    EXPECT_EQ(whyRefused(with("partitionKey", "x")), "unreadable /partitionKey");
    EXPECT_EQ(whyRefused(with("partitionKey", {{"topLevelSite", 1}})),
              "unreadable /partitionKey/topLevelSite");
    for (const char* field : {"name", "value", "domain"}) {
        json without = chromeCookie();
        without.erase(field);
        EXPECT_EQ(whyRefused(without), "unreadable /" + std::string(field));
        EXPECT_EQ(whyRefused(with(field, nullptr)), "unreadable /" + std::string(field));
    }
}

TEST(Cookie, skips_fields_that_it_does_not_know) {
    EXPECT_EQ(whyRefused(with("priority", {{"nested", {1, 2, {{"x", nullptr}}}}})), "accepted");
}

TEST(Cookie, refuses_control_octets_and_what_would_break_the_header) {
    for (const char* value : {"a\nb", "a\rb", "a\tb", "a\x7F", "\x01"})
        EXPECT_EQ(whyRefused(with("value", value)), "malformed: its value holds a control character");
    EXPECT_EQ(whyRefused(with("value", std::string("a\0b", 3))),
              "malformed: its value holds a control character");
    EXPECT_EQ(whyRefused(with("value", "a;b")), "malformed: its value holds ;");
    EXPECT_EQ(whyRefused(with("name", "")), "malformed: it has no name");
    for (const char* name : {"a=b", "a;b"})
        EXPECT_EQ(whyRefused(with("name", name)), "malformed: its name holds = or ;");
    EXPECT_EQ(whyRefused(with("name", "a\nb")), "malformed: its name holds a control character");
    EXPECT_EQ(whyRefused(with("path", "/a\n")), "malformed: its path holds a control character");
    EXPECT_EQ(whyRefused(with("domain", "a\n.example")), "malformed: its domain holds a control character");
    EXPECT_EQ(whyRefused(with("path", "a")), "malformed: its path does not begin with /");
    EXPECT_EQ(whyRefused(with("path", "")), "malformed: its path does not begin with /");
    EXPECT_EQ(whyRefused(with("value", "")), "accepted");
    EXPECT_EQ(whyRefused(with("value", "a=b=c \" \\ , \xC3\xBC")), "accepted");
}

TEST(Cookie, limits_sizes) {
    const std::size_t name = std::string(".ASPXAUTH").size();
    EXPECT_EQ(whyRefused(with("value", std::string(4096 - name, 'x'))), "accepted");
    EXPECT_EQ(whyRefused(with("value", std::string(4097 - name, 'x'))),
              "name and value are longer than 4096 bytes");
    EXPECT_EQ(whyRefused(with("path", "/" + std::string(1023, 'x'))), "accepted");
    EXPECT_EQ(whyRefused(with("path", "/" + std::string(1024, 'x'))),
              "its domain or path is longer than 1024 bytes");
}

TEST(Cookie, holds_names_to_their_prefix_in_any_case) {
    struct Case {
        const char* name;
        bool isSecure, isHostOnly;
        const char* path;
        bool isGood;
    };
    const Case cases[] = {
        {"__Secure-a", true, false, "/x", true}, {"__Secure-a", false, false, "/", false},
        {"__SECURE-a", false, true, "/", false}, {"__secure-a", false, true, "/", false},
        {"__Host-a", true, true, "/", true},     {"__Host-a", true, false, "/", false},
        {"__Host-a", true, true, "/x", false},   {"__Host-a", false, true, "/", false},
        {"__HOST-a", true, false, "/", false},   {"__hOsT-a", true, true, "/x", false},
        {"__Hosta", false, false, "/x", true},   {"_Host-a", false, false, "/x", true},
        {"__Host", false, false, "/x", true},
    };
    for (const Case& c : cases) {
        json given = with("name", c.name);
        given["secure"] = c.isSecure;
        given["hostOnly"] = c.isHostOnly;
        given["path"] = c.path;
        const std::string why = whyRefused(given);
        EXPECT_EQ(why == "accepted", c.isGood) << c.name << " " << why;
        EXPECT_EQ(why.starts_with("bad prefix"), !c.isGood) << why;
    }
}

TEST(Cookie, belongs_to_its_host_or_to_those_below_its_domain) {
    const auto given = [](const char* domain, bool isHostOnly) {
        json cookie = with("domain", domain);
        cookie["hostOnly"] = isHostOnly;
        return cookie;
    };
    EXPECT_EQ(whyRefused(given(".hosted.panopto.com", false)), "accepted");
    EXPECT_EQ(whyRefused(given("Panopto.COM", false)), "accepted");
    EXPECT_EQ(whyRefused(given("panopto.com", true)), "belongs to another host");
    EXPECT_EQ(whyRefused(given("evil.panopto.com", false)), "belongs to another host");
    EXPECT_EQ(whyRefused(given("i.hosted.panopto.com", false)), "belongs to another host");
    EXPECT_EQ(whyRefused(given(".x.uni.hosted.panopto.com", false)), "belongs to another host");
    EXPECT_EQ(whyRefused(given("uni.hosted.panopto.com.", true)), "malformed: its domain is no host name");
    EXPECT_EQ(whyRefused(given("", true)), "malformed: its domain is no host name");
}

TEST(Cookie, without_hostOnly_the_leading_dot_decides) {
    json cookie = chromeCookie();
    cookie.erase("hostOnly");
    EXPECT_TRUE(read(cookie)->cookie.isHostOnly);
    cookie["domain"] = ".hosted.panopto.com";
    EXPECT_FALSE(read(cookie)->cookie.isHostOnly);
}

TEST(Cookie, is_not_taken_for_a_public_suffix) {
    const auto given = [](const char* domain, bool isHostOnly = false) {
        json cookie = with("domain", domain);
        cookie["hostOnly"] = isHostOnly;
        return cookie;
    };
    EXPECT_EQ(whyRefused(given(".com")), "its domain is a public suffix");
    EXPECT_EQ(whyRefused(given(".ac.uk"), "player.kent.ac.uk"), "its domain is a public suffix");
    EXPECT_EQ(whyRefused(given(".github.io"), "uni.github.io"), "its domain is a public suffix");
    EXPECT_EQ(whyRefused(given(".kent.ac.uk"), "player.kent.ac.uk"), "accepted");
    auto own = read(given("github.io"));
    const auto accepted = acceptCookie(std::move(own->cookie), "github.io", now);
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(accepted->isHostOnly);
}

TEST(Cookie, of_an_address_is_host_only) {
    json given = with("domain", "127.0.0.1");
    given["hostOnly"] = false;
    auto offered = read(given);
    const auto accepted = acceptCookie(std::move(offered->cookie), "127.0.0.1", now);
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(accepted->isHostOnly);
    given["domain"] = "0.0.1";
    EXPECT_NE(whyRefused(given, "127.0.0.1"), "accepted");
    given["domain"] = "[::1]";
    EXPECT_EQ(whyRefused(given, "::1"), "accepted");
}

TEST(Cookie, expires_by_the_clock) {
    EXPECT_EQ(whyRefused(with("expirationDate", now / 1000.0)), "expired");
    EXPECT_EQ(whyRefused(with("expirationDate", now / 1000.0 + 1)), "accepted");
    EXPECT_EQ(whyRefused(with("expirationDate", -1)), "expired");
    EXPECT_EQ(whyRefused(with("expirationDate", 1e300)), "accepted");
    EXPECT_EQ(whyRefused(with("expirationDate", -1e300)), "expired");
}

}  // namespace
}  // namespace auricle::vault
