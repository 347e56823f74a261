#include "net/url.h"

#include <gtest/gtest.h>

namespace {

using auricle::net::percentEncode;
using auricle::net::Url;

std::string canonical(std::string_view text) {
    auto url = Url::parse(text);
    return url ? url->text() : "refused: " + url.error().message;
}

bool isRefused(std::string_view text) {
    return !Url::parse(text).has_value();
}

TEST(Url, is_brought_into_one_canonical_form) {
    EXPECT_EQ(canonical("HTTPS://Uni.Hosted.Panopto.COM:443/A?b=C#frag"),
              "https://uni.hosted.panopto.com/A?b=C");
    EXPECT_EQ(canonical("https://uni.hosted.panopto.com"), "https://uni.hosted.panopto.com/");
    EXPECT_EQ(canonical("https://h/a/../b/./c"), "https://h/b/c");
    EXPECT_EQ(canonical("http://[::1]:8080/x"), "http://[::1]:8080/x");
}

TEST(Url, refuses_what_could_carry_a_secret_elsewhere) {
    for (auto text : {"http://uni.hosted.panopto.com/", "ftp://h/", "file:///etc/passwd", "https://user@h/",
                      "https://u:p@h/", "https://h./",
                      "https://b\xc3\xbc"
                      "cher.example/",
                      "javascript:alert(1)", "h", "", "https://h:0/", "https://h:70000/", "https://a b/",
                      "https://h/a b", "https://h/\n", "http://127.0.0.1.evil.example/", "https://%00/",
                      "https://[fe80::1%25eth0]/", "data:text/html,x"}) {
        EXPECT_TRUE(isRefused(text)) << text;
    }
    EXPECT_TRUE(isRefused(std::string("https://h/\0x", 11)));
    EXPECT_TRUE(isRefused("https://h/" + std::string(17000, 'a')));
}

TEST(Url, takes_plain_http_only_to_this_machine) {
    EXPECT_FALSE(isRefused("http://localhost:8000/api"));
    EXPECT_FALSE(isRefused("http://127.0.0.1:1/"));
    EXPECT_FALSE(isRefused("http://127.1/"));
    EXPECT_TRUE(isRefused("http://10.0.0.1/"));
    EXPECT_TRUE(isRefused("http://localhost.example/"));
}

TEST(Url, says_its_origin_with_the_port_where_it_is_not_the_schemes_own) {
    EXPECT_EQ(Url::parse("https://h:8443/x")->origin(), "https://h:8443");
    EXPECT_EQ(Url::parse("https://h:443/x")->origin(), "https://h");
    EXPECT_EQ(Url::parse("http://localhost:80/x")->origin(), "http://localhost");
}

TEST(Url, resolves_references_as_rfc_3986_does_and_judges_the_result) {
    auto base = *Url::parse("https://h/a/b?q=1");
    EXPECT_EQ(base.resolve("c")->text(), "https://h/a/c");
    EXPECT_EQ(base.resolve("/c?x")->text(), "https://h/c?x");
    EXPECT_EQ(base.resolve("//cdn.example/z")->text(), "https://cdn.example/z");
    EXPECT_EQ(base.resolve("https://other/z")->text(), "https://other/z");
    EXPECT_EQ(base.resolve("?z=2")->text(), "https://h/a/b?z=2");
    EXPECT_FALSE(base.resolve("http://h/z").has_value());
    EXPECT_FALSE(base.resolve("https://h./z").has_value());
    EXPECT_FALSE(base.resolve("//user@h/z").has_value());
}

TEST(Url, gives_query_parameters_decoded_and_by_name_without_case) {
    auto url = *Url::parse("https://h/Viewer.aspx?RandomParam=x&ID=5fa7%2D4e93&title=a+b&empty=&flag");
    EXPECT_EQ(url.parameter("id"), "5fa7-4e93");
    EXPECT_EQ(url.parameter("title"), "a b");
    EXPECT_EQ(url.parameter("empty"), "");
    EXPECT_EQ(url.parameter("flag"), "");
    EXPECT_EQ(url.parameter("none"), std::nullopt);
}

TEST(Url, keeps_the_query_out_of_what_may_be_logged) {
    EXPECT_EQ(Url::parse("https://h/a?token=s3cret")->safeText(), "https://h/a");
    auto refused = Url::parse("https://user@h/a?token=s3cret");
    EXPECT_EQ(refused.error().message.find("s3cret"), std::string::npos);
}

TEST(Url, encodes_for_forms) {
    EXPECT_EQ(percentEncode("a b&=\xc3\xbc~"), "a%20b%26%3D%C3%BC~");
}

}  // namespace
