#include "delivery/backend_address.h"

#include <gtest/gtest.h>

namespace auricle::delivery {
namespace {

TEST(BackendAddress, any_https_origin_may_be_used_where_none_is_listed) {
    for (const char* origin :
         {"https://study.example.edu", "https://study.example.edu/", "https://study.example.edu:8443",
          "http://localhost:3000", "http://127.0.0.1", "http://[::1]:8000"})
        EXPECT_TRUE(judgeBackend(origin, {})) << origin;
    EXPECT_EQ(judgeBackend("HTTPS://Study.Example.EDU:443", {})->origin(), "https://study.example.edu");
}

TEST(BackendAddress, what_is_no_origin_or_not_safe_is_not_allowed) {
    for (const char* origin :
         {"http://study.example.edu", "http://192.168.1.5:3000", "ftp://study.example.edu",
          "study.example.edu", "", "https://", "https://user:pass@study.example.edu",
          "https://study.example.edu/api", "https://study.example.edu?x=1", "https://study.example.edu#x",
          "https://study.example.edu.", "javascript:alert(1)"}) {
        auto judged = judgeBackend(origin, {});
        ASSERT_FALSE(judged) << origin;
        EXPECT_EQ(judged.error().kind, Kind::backend_not_allowed) << origin;
    }
}

TEST(BackendAddress, where_some_are_listed_no_other_may_be_used) {
    const std::vector<std::string> allowed{"https://study.example.edu", "http://localhost:3000", "nonsense"};
    EXPECT_TRUE(judgeBackend("https://study.example.edu", allowed));
    EXPECT_TRUE(judgeBackend("https://STUDY.example.edu:443/", allowed));
    EXPECT_TRUE(judgeBackend("http://localhost:3000", allowed));
    for (const char* origin :
         {"https://other.example.edu", "https://study.example.edu:444", "http://localhost:3001",
          "https://localhost:3000", "https://evil.study.example.edu", "nonsense"})
        EXPECT_EQ(judgeBackend(origin, allowed).error().kind, Kind::backend_not_allowed) << origin;
}

TEST(BackendAddress, a_page_is_told_as_it_is_but_never_with_user_info_or_fragment) {
    EXPECT_EQ(judgeSourceUrl("https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1&start=5"),
              "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1&start=5");
    for (const char* url : {"https://a@uni.example.edu/", "https://uni.example.edu/#folderID=1",
                            "https://uni.example.edu/#", "uni.example.edu", "file:///x", ""}) {
        auto judged = judgeSourceUrl(url);
        ASSERT_FALSE(judged) << url;
        EXPECT_EQ(judged.error().kind, Kind::internal) << url;
    }
}

}  // namespace
}  // namespace auricle::delivery
