#include "vault/set_cookie.h"

#include <gtest/gtest.h>

#include <random>

namespace auricle::vault {
namespace {

constexpr std::int64_t now = 1'795'000'000'000;
constexpr std::int64_t maxAgeMs = 400LL * 86'400'000;
constexpr Place viewer{"uni.example", "/Panopto/Pages/Viewer.aspx", true};

std::optional<Cookie> parse(std::string_view header, Place place = viewer) {
    return parseSetCookie(header, place, now);
}

TEST(SetCookie, takes_a_header_apart) {
    const auto cookie =
        parse("  .ASPXAUTH = ABC=DEF== ; path=/; Secure; HTTPONLY; SameSite=None; Priority=High");
    ASSERT_TRUE(cookie);
    EXPECT_EQ(cookie->name, ".ASPXAUTH");
    EXPECT_EQ(cookie->value.reveal(), "ABC=DEF==");
    EXPECT_EQ(cookie->domain, "uni.example");
    EXPECT_TRUE(cookie->isHostOnly && cookie->isSecure && cookie->isHttpOnly);
    EXPECT_EQ(cookie->path, "/");
    EXPECT_FALSE(cookie->expiresAtMs);
}

TEST(SetCookie, falls_back_to_the_default_path) {
    EXPECT_EQ(parse("a=b")->path, "/Panopto/Pages");
    EXPECT_EQ(parse("a=b; Path=")->path, "/Panopto/Pages");
    EXPECT_EQ(parse("a=b; Path=relative")->path, "/Panopto/Pages");
    EXPECT_EQ(parse("a=b; Path=/x; Path=/y")->path, "/y");
    EXPECT_EQ(parse("a=b; Path=/" + std::string(1024, 'x'))->path, "/Panopto/Pages");
}

TEST(SetCookie, max_age_wins_over_expires_and_both_have_a_limit) {
    EXPECT_EQ(parse("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT")->expiresAtMs, now + 60'000);
    EXPECT_EQ(parse("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=60")->expiresAtMs, now + 60'000);
    EXPECT_TRUE(hasExpired(*parse("a=b; Max-Age=0"), now));
    EXPECT_TRUE(hasExpired(*parse("a=b; Max-Age=-5"), now));
    EXPECT_TRUE(hasExpired(*parse("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), now));
    EXPECT_EQ(parse("a=b; Max-Age=99999999999999999999999")->expiresAtMs, now + maxAgeMs);
    EXPECT_EQ(parse("a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT")->expiresAtMs, now + maxAgeMs);
    for (const char* bad : {"", "x", "1x", "+1", "1.5", "-", "--1"}) {
        const auto expiry = parse("a=b; Max-Age=" + std::string(bad))->expiresAtMs;
        EXPECT_EQ(expiry.has_value(), std::string_view(bad) == "-") << bad;
    }
    EXPECT_FALSE(parse("a=b; Expires=someday")->expiresAtMs);
    EXPECT_EQ(parse("a=b; Max-Age=60; Max-Age=x")->expiresAtMs, now + 60'000);
}

TEST(SetCookie, a_domain_must_cover_the_host_that_sets_it) {
    EXPECT_FALSE(parse("a=b; Domain=.Example")->isHostOnly);
    EXPECT_FALSE(parse("a=b; Domain=uni.example")->isHostOnly);
    EXPECT_TRUE(parse("a=b; Domain=")->isHostOnly);
    for (const char* bad : {"other.example", "x.uni.example", "ni.example", "uni.example.", "uni..example",
                            ".", "uni.example:443"}) {
        EXPECT_FALSE(parse("a=b; Domain=" + std::string(bad))) << bad;
    }
    EXPECT_FALSE(parse("a=b; Domain=0.0.1", {"127.0.0.1", "/", true}));
    EXPECT_TRUE(parse("a=b; Domain=127.0.0.1", {"127.0.0.1", "/", true}));
}

TEST(SetCookie, an_insecure_place_sets_no_secure_cookie) {
    EXPECT_FALSE(parse("a=b; Secure", {"uni.example", "/", false}));
    EXPECT_TRUE(parse("a=b", {"uni.example", "/", false}));
}

TEST(SetCookie, control_octets_make_it_void) {
    EXPECT_FALSE(parse(std::string_view("a=b\0c", 5)));
    EXPECT_FALSE(parse("a=b\x7F"));
    EXPECT_FALSE(parse("a=b; Path=/\x01"));
    EXPECT_FALSE(parse("a=b\nSet-Cookie: c=d"));
    EXPECT_TRUE(parse("a=b;\tPath=/"));
}

TEST(SetCookie, names_are_found_without_reading_on) {
    EXPECT_EQ(nameOfSetCookie(" a = b; c=d"), "a");
    EXPECT_EQ(nameOfSetCookie("novalue; c=d"), "");
    EXPECT_EQ(nameOfSetCookie(""), "");
    EXPECT_EQ(nameOfSetCookie("=b"), "");
}

TEST(CookieDate, reads_every_historic_form) {
    constexpr std::int64_t expected = 784'111'777'000;  // RFC 9110's example
    for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                             "Sun Nov  6 08:49:37 1994", "06 nov 1994 8:49:37", "1994 6 NOVEMBER 08:49:37",
                             "08:49:37 06-Nov-1994", "Sun, 06-Nov-1994 08:49:37 -0500"}) {
        EXPECT_EQ(msOfCookieDate(text), expected) << text;
    }
    EXPECT_EQ(msOfCookieDate("01 Jan 70 00:00:00"), 0);
    EXPECT_EQ(msOfCookieDate("01 Jan 69 00:00:00"), 3'124'224'000'000);
    EXPECT_EQ(msOfCookieDate("29 Feb 2024 00:00:00 GMT"), 1'709'164'800'000);
}

TEST(CookieDate, refuses_what_is_no_date) {
    for (const char* text :
         {"", "tomorrow", "06 Nov 1994", "08:49:37", "Nov 1994 08:49:37", "31 Feb 2024 00:00:00",
          "06 Nov 1600 00:00:00", "06 Nov 1994 24:00:00", "06 Nov 1994 00:60:00", "06 Nov 1994 00:00:60",
          "32 Nov 1994 00:00:00", "00 Nov 1994 00:00:00", "06 Nov 19945 00:00:00", "06 Xov 1994 00:00:00",
          "06 Nov 1994 008:00:00", "06 Nov 1994 08:49"}) {
        EXPECT_FALSE(msOfCookieDate(text)) << text;
    }
}

TEST(SetCookie, survives_mutated_headers) {
    constexpr std::string_view sample =
        ".ASPXAUTH=ABC; Domain=.example; Path=/x; Expires=Sun, 06 Nov 2044 08:49:37 GMT; Max-Age=60; Secure";
    std::mt19937 random(6265);
    for (int i = 0; i < 10'000; ++i) {
        std::string text(sample);
        for (unsigned edits = 1 + random() % 4; edits > 0 && !text.empty(); --edits) {
            const std::size_t at = random() % text.size();
            if (random() % 2)
                text.erase(at, 1 + random() % 5);
            else
                text[at] = static_cast<char>(random());
        }
        if (const auto cookie = parse(text)) {
            EXPECT_LE(cookie->value.size(), text.size());
            EXPECT_TRUE(cookie->path.starts_with('/'));
        }
    }
}

}  // namespace
}  // namespace auricle::vault
