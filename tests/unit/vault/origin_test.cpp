#include "vault/origin.h"

#include <gtest/gtest.h>

namespace auricle::vault {
namespace {

TEST(VaultOrigin, knows_canonical_origins) {
    for (const char* origin : {"https://uni.hosted.panopto.com", "https://uni.hosted.panopto.com:8443",
                               "https://xn--bcher-kva.example", "https://127.0.0.1", "https://[::1]:8443",
                               "https://[2001:db8::1]", "http://localhost", "http://localhost:3000",
                               "http://127.1.2.3:8080", "http://[::1]:8080", "https://a_b.example"}) {
        EXPECT_TRUE(isCanonicalOrigin(origin)) << origin;
    }
    EXPECT_EQ(hostOf("https://uni.hosted.panopto.com:8443"), "uni.hosted.panopto.com");
    EXPECT_EQ(hostOf("https://[2001:db8::1]:8443"), "2001:db8::1");
}

TEST(VaultOrigin, refuses_everything_else) {
    for (const char* origin : {"",
                               "https",
                               "https://",
                               "uni.example",
                               "http://uni.example",
                               "ftp://uni.example",
                               "HTTPS://uni.example",
                               "https://Uni.example",
                               "https://uni.example/",
                               "https://uni.example/a",
                               "https://uni.example.",
                               "https://uni..example",
                               "https://.example",
                               "https://uni.example:443",
                               "https://uni.example:",
                               "https://uni.example:0",
                               "https://uni.example:08",
                               "https://uni.example:65536",
                               "https://uni.example:8a",
                               "https://user@uni.example",
                               "https://uni.example?x",
                               "https://uni.example#x",
                               "https://uni example",
                               "https://b\xC3\xBC"
                               "cher.example",
                               "https://1.2.3",
                               "https://1.2.3.4.5",
                               "https://1.2.3.256",
                               "https://01.2.3.4",
                               "https://0x7f.1",
                               "https://[::1",
                               "https://[::1]x",
                               "https://::1",
                               "https://[0:0:0:0:0:0:0:1]",
                               "https://[::FFFF:1]",
                               "https://[fe80::1%eth0]",
                               "http://localhost:80",
                               "http://128.0.0.1",
                               "http://127.0.0.1.example",
                               "http://localhost.example",
                               "https://a%2eb",
                               "null"}) {
        EXPECT_FALSE(isCanonicalOrigin(origin)) << origin;
    }
}

TEST(VaultOrigin, makes_a_cookies_domain_canonical) {
    EXPECT_EQ(canonicalHost(".Uni.Example"), "uni.example");
    EXPECT_EQ(canonicalHost("uni.example"), "uni.example");
    EXPECT_EQ(canonicalHost("[::1]"), "::1");
    EXPECT_EQ(canonicalHost("127.0.0.1"), "127.0.0.1");
    for (const char* domain :
         {"", ".", "..", "..uni.example", "uni.example.", "uni..example", "uni example", "uni.example:443",
          "b\xC3\xBC"
          "cher.example"}) {
        EXPECT_EQ(canonicalHost(domain), "") << domain;
    }
}

TEST(VaultOrigin, knows_addresses) {
    for (const char* host : {"1.2.3.4", "::1", "2001:db8::1"}) EXPECT_TRUE(isIpAddress(host)) << host;
    for (const char* host : {"", "a.b", "1.2.3", "1.2.3.4.5", "1.2.3.4.example"})
        EXPECT_FALSE(isIpAddress(host)) << host;
}

}  // namespace
}  // namespace auricle::vault
