#include "vault/cookie_match.h"

#include <gtest/gtest.h>

namespace auricle::vault {
namespace {

Cookie cookie(std::string name, std::string domain, bool isHostOnly, std::string path,
              std::uint64_t created = 0) {
    return {.name = std::move(name),
            .value = Secret::copyOf("v"),
            .domain = std::move(domain),
            .isHostOnly = isHostOnly,
            .path = std::move(path),
            .isSecure = true,
            .created = created};
}

std::string header(std::span<const Cookie> cookies, Place place, std::string_view partition = "",
                   std::int64_t nowMs = 0) {
    return std::string(cookieHeaderOf(matchCookies(cookies, partition, place, nowMs)).reveal());
}

TEST(CookieMatch, matches_domains_as_rfc_6265bis_5_1_3_says) {
    struct {
        const char *host, *domain;
        bool matches;
    } const table[] = {
        {"foo.com", "foo.com", true},
        {"bar.foo.com", "foo.com", true},
        {"a.b.foo.com", "foo.com", true},
        {"barfoo.com", "foo.com", false},
        {"foo.com", "bar.foo.com", false},
        {"foo.com", "com", true},
        {"foo.com.evil", "foo.com", false},
        {"oo.com", "foo.com", false},
        {"1.2.3.4", "1.2.3.4", true},
        {"1.2.3.4", "3.4", false},
        {"1.2.3.4", "2.3.4", false},
        {"::1", "::1", true},
        {"foo.com", "", false},
        {"", "foo.com", false},
    };
    for (const auto& row : table)
        EXPECT_EQ(domainMatches(row.host, row.domain), row.matches) << row.host << " " << row.domain;
}

TEST(CookieMatch, matches_paths_as_rfc_6265bis_5_1_4_says) {
    struct {
        const char *request, *cookie;
        bool matches;
    } const table[] = {
        {"/", "/", true},
        {"/a", "/", true},
        {"/a", "/a", true},
        {"/a/", "/a", true},
        {"/a/b", "/a", true},
        {"/ab", "/a", false},
        {"/a", "/a/", false},
        {"/a/", "/a/", true},
        {"/a/b", "/a/", true},
        {"/", "/a", false},
        {"/A", "/a", false},
        {"/a%2Fb", "/a", false},
        {"/Panopto/Pages", "/Panopto", true},
        {"/Panopto2", "/Panopto", false},
    };
    for (const auto& row : table)
        EXPECT_EQ(pathMatches(row.request, row.cookie), row.matches) << row.request << " " << row.cookie;
}

TEST(CookieMatch, has_the_default_paths_of_rfc_6265bis_5_1_4) {
    EXPECT_EQ(defaultPath("/"), "/");
    EXPECT_EQ(defaultPath("/a"), "/");
    EXPECT_EQ(defaultPath("/a/"), "/a");
    EXPECT_EQ(defaultPath("/a/b.aspx"), "/a");
    EXPECT_EQ(defaultPath(""), "/");
    EXPECT_EQ(defaultPath("a/b"), "/");
}

TEST(CookieMatch, host_only_cookies_go_to_that_host_alone) {
    const Cookie cookies[] = {cookie("own", "uni.example", true, "/"),
                              cookie("wide", "uni.example", false, "/")};
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}), "own=v; wide=v");
    EXPECT_EQ(header(cookies, {"x.uni.example", "/", true}), "wide=v");
    EXPECT_EQ(header(cookies, {"example", "/", true}), "");
    EXPECT_EQ(header(cookies, {"eviluni.example", "/", true}), "");
}

TEST(CookieMatch, secure_cookies_go_over_secure_connections_alone) {
    Cookie cookies[] = {cookie("a", "uni.example", true, "/"), cookie("b", "uni.example", true, "/")};
    cookies[1].isSecure = false;
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}), "a=v; b=v");
    EXPECT_EQ(header(cookies, {"uni.example", "/", false}), "b=v");
}

TEST(CookieMatch, longer_paths_come_first_then_earlier_ones) {
    const Cookie cookies[] = {
        cookie("late", "uni.example", true, "/", 9), cookie("deep", "uni.example", true, "/a/b", 5),
        cookie("early", "uni.example", true, "/", 1), cookie("middle", "uni.example", true, "/a", 2)};
    EXPECT_EQ(header(cookies, {"uni.example", "/a/b/c", true}), "deep=v; middle=v; early=v; late=v");
}

TEST(CookieMatch, an_expired_cookie_stays_behind) {
    Cookie cookies[] = {cookie("a", "uni.example", true, "/")};
    cookies[0].expiresAtMs = 1000;
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}, "", 999), "a=v");
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}, "", 1000), "");
}

TEST(CookieMatch, takes_the_cookies_of_one_partition) {
    Cookie cookies[] = {cookie("a", "uni.example", true, "/"), cookie("a", "uni.example", true, "/")};
    cookies[0].partition = "lms";
    cookies[1].value = Secret::copyOf("plain");
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}, "lms"), "a=v");
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}, ""), "a=plain");
    EXPECT_EQ(header(cookies, {"uni.example", "/", true}, "other"), "");
}

TEST(CookieMatch, the_header_stays_within_what_servers_take) {
    std::vector<Cookie> many;
    for (int i = 0; i < 200; ++i)
        many.push_back(
            cookie("n" + std::to_string(i), "uni.example", true, "/", static_cast<std::uint64_t>(i)));
    const std::string text = header(many, {"uni.example", "/", true});
    EXPECT_EQ(std::ranges::count(text, '='), 150);
    std::vector<Cookie> large;
    for (int i = 0; i < 3; ++i) {
        large.push_back(
            cookie("n" + std::to_string(i), "uni.example", true, "/", static_cast<std::uint64_t>(i)));
        large.back().value = Secret::copyOf(std::string(4080, 'x'));
    }
    large.push_back(cookie("small", "uni.example", true, "/", 9));
    const std::string bounded = header(large, {"uni.example", "/", true});
    EXPECT_LE(bounded.size(), 8190u);
    EXPECT_TRUE(bounded.ends_with("; small=v"));
    Cookie exact[] = {cookie("a", "uni.example", true, "/"), cookie("b", "uni.example", true, "/")};
    exact[0].value = Secret::copyOf(std::string(4092, 'x'));
    exact[1].value = Secret::copyOf(std::string(4092, 'x'));
    EXPECT_EQ(header(exact, {"uni.example", "/", true}).size(), 8190u);
}

}  // namespace
}  // namespace auricle::vault
