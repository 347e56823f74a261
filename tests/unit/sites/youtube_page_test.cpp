#include "sites/youtube_page.h"

#include <gtest/gtest.h>

#include "sites/youtube.h"

namespace auricle::sites {
namespace {

std::optional<Page> pageAt(const std::string& address) {
    auto url = net::Url::parse(address);
    EXPECT_TRUE(url) << address;
    return url ? youtubePage(*url) : std::nullopt;
}

TEST(YoutubePage, is_every_form_of_a_videos_address_and_becomes_its_watch_page) {
    for (const char* address :
         {"https://www.youtube.com/watch?v=dQw4w9WgXcQ", "https://youtube.com/watch?v=dQw4w9WgXcQ&t=42s",
          "https://m.youtube.com/watch?list=PL123&v=dQw4w9WgXcQ&index=2", "https://youtu.be/dQw4w9WgXcQ",
          "https://youtu.be/dQw4w9WgXcQ?si=share", "https://www.youtube.com/shorts/dQw4w9WgXcQ",
          "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
          "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
          "https://www.youtube.com/embed/dQw4w9WgXcQ?start=1",
          "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "https://www.youtube.com/v/dQw4w9WgXcQ"}) {
        auto page = pageAt(address);
        ASSERT_TRUE(page) << address;
        EXPECT_EQ(page->site, "youtube");
        EXPECT_EQ(page->id, "dQw4w9WgXcQ");  // case counts
        EXPECT_EQ(page->origin, "https://www.youtube.com");
        EXPECT_EQ(page->url.text(), "https://www.youtube.com/watch?v=dQw4w9WgXcQ");
    }
}

TEST(YoutubePage, is_no_other_page_of_youtube_and_no_page_of_anybody_else) {
    for (const char* address :
         {"https://www.youtube.com/", "https://www.youtube.com/watch",
          "https://www.youtube.com/watch?v=short", "https://www.youtube.com/watch?v=dQw4w9WgXcQQ",
          "https://www.youtube.com/watch?v=dQw4w9WgXc%20", "https://www.youtube.com/watch?v=-dQw4w9;ls",
          "https://www.youtube.com/playlist?list=PL123", "https://www.youtube.com/embed/videoseries?list=PL1",
          "https://www.youtube.com/embed/live_stream", "https://www.youtube.com/@university",
          "https://youtu.be/", "https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ",
          "https://www.youtube-nocookie.com/watch?v=dQw4w9WgXcQ",
          "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
          "https://evilyoutube.com/watch?v=dQw4w9WgXcQ", "https://studio.youtube.com/watch?v=dQw4w9WgXcQ",
          "https://youtu.be.example/dQw4w9WgXcQ"})
        EXPECT_FALSE(pageAt(address)) << address;
}

TEST(Youtube, is_asked_by_nobody_but_yt_dlp) {
    Youtube site({.program = {}, .jsRuntimes = {}});
    auto page = pageAt("https://youtu.be/dQw4w9WgXcQ");
    EXPECT_FALSE(site.judgeHop(*page, page->url, page->url));
    EXPECT_FALSE(site.judgeMedia(*page, {.status = 200, .headers = {}, .url = page->url}));
}

}  // namespace
}  // namespace auricle::sites
