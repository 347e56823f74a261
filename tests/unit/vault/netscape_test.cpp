#include "vault/netscape.h"

#include <gtest/gtest.h>

namespace auricle::vault {
namespace {

Cookie cookie(std::string name, std::string_view value) {
    Cookie made;
    made.name = std::move(name);
    made.value = Secret::copyOf(value);
    made.domain = "youtube.com";
    made.isHostOnly = false;
    made.isSecure = true;
    return made;
}

std::string written(const std::vector<const Cookie*>& cookies) {
    return std::string(writeNetscape(cookies).reveal());
}

const std::string head = "# Netscape HTTP Cookie File\n";

TEST(WriteNetscape, has_a_dot_where_names_below_have_the_cookie_and_only_there) {
    // Python's http.cookiejar refuses the whole file where flag and dot disagree.
    auto wide = cookie("a", "1"), narrow = cookie("b", "2");
    narrow.isHostOnly = true;
    narrow.domain = "www.youtube.com";
    EXPECT_EQ(written({&wide, &narrow}),
              head + ".youtube.com\tTRUE\t/\tTRUE\t0\ta\t1\nwww.youtube.com\tFALSE\t/\tTRUE\t0\tb\t2\n");
}

TEST(WriteNetscape, says_what_is_for_http_alone_where_it_holds_and_until_when) {
    auto one = cookie("a", "1");
    one.isHttpOnly = true;
    one.isSecure = false;
    one.path = "/watch";
    one.expiresAtMs = 1'800'000'000'999;
    EXPECT_EQ(written({&one}), head + "#HttpOnly_.youtube.com\tTRUE\t/watch\tFALSE\t1800000000\ta\t1\n");
}

TEST(WriteNetscape, leaves_out_what_cannot_be_written) {
    auto one = cookie("a", "1\tTRUE"), other = cookie("b", "2");
    EXPECT_EQ(written({&one, &other}), head + ".youtube.com\tTRUE\t/\tTRUE\t0\tb\t2\n");
    EXPECT_EQ(written({&one}), "");
    EXPECT_EQ(written({}), "");
}

TEST(WriteNetscape, writes_what_is_read_again) {
    auto one = cookie("LOGIN_INFO", "a value=with \"signs\"");
    one.isHttpOnly = true;
    const std::vector<const Cookie*> all{&one};
    auto again = readNetscape(writeNetscape(all));
    ASSERT_TRUE(again);
    ASSERT_EQ(again->size(), 1u);
    const auto& read = again->front().cookie;
    EXPECT_EQ(read.name, one.name);
    EXPECT_EQ(read.value.reveal(), one.value.reveal());
    EXPECT_TRUE(read.isHttpOnly && read.isSecure && !read.isHostOnly);
}

}  // namespace
}  // namespace auricle::vault
