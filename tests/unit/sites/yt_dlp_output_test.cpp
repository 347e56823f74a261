#include "sites/yt_dlp_output.h"

#include <gtest/gtest.h>

namespace auricle::sites {
namespace {

YtDlpOutput heard(std::string_view text) {
    YtDlpOutput output;
    output.push(text);
    return output;
}

TEST(YtDlpOutput, says_what_a_video_is) {
    auto output = heard(
        "META {\"id\": \"dQw4w9WgXcQ\", \"title\": \"A talk\", \"duration\": 20.5, \"filesize\": 64072, "
        "\"upload_date\": \"20261012\", \"live_status\": \"not_live\", \"is_live\": false} [64072, null, "
        "287244]\n");
    ASSERT_TRUE(output.video());
    EXPECT_EQ(output.video()->id, "dQw4w9WgXcQ");
    EXPECT_EQ(output.video()->title, "A talk");
    EXPECT_EQ(output.video()->durationMs, 20'500u);
    EXPECT_EQ(output.video()->bytes, 64'072u);
    EXPECT_EQ(output.video()->wholeBytes, 64'072u + 287'244u);
    EXPECT_EQ(output.video()->date, "2026-10-12");
    EXPECT_EQ(output.video()->liveStatus, "not_live");
}

TEST(YtDlpOutput, knows_the_older_word_for_what_is_live) {
    EXPECT_EQ(heard("META {\"id\": \"x\", \"is_live\": true} []\n").video()->liveStatus, "is_live");
}

TEST(YtDlpOutput, takes_an_estimate_where_no_size_is_said) {
    EXPECT_EQ(heard("META {\"id\": \"x\", \"filesize_approx\": 325000.7} []\n").video()->bytes, 325'000u);
    EXPECT_EQ(heard("PROG {\"downloaded_bytes\": 5, \"total_bytes_estimate\": 99.5}\n").total(), 99u);
}

TEST(YtDlpOutput, tells_progress_as_it_comes_in_pieces) {
    YtDlpOutput output;
    EXPECT_FALSE(output.push("PROG {\"status\": \"downloading\", \"downloaded_"));
    EXPECT_EQ(output.done(), 0u);
    EXPECT_TRUE(output.push("bytes\": 1024, \"total_bytes\": 11253}\nPROG {"));
    EXPECT_EQ(output.done(), 1024u);
    EXPECT_EQ(output.total(), 11'253u);
    EXPECT_TRUE(output.push("\"downloaded_bytes\": 11253, \"total_bytes\": 11253}\r\n"));
    EXPECT_EQ(output.done(), 11'253u);
}

TEST(YtDlpOutput, says_where_the_file_lies) {
    EXPECT_EQ(heard("FILE \"a \\\"b\\\" \\u00e9.m4a\"\n").file(), "a \"b\" \u00e9.m4a");
    EXPECT_EQ(heard("FILE \"half").file(), "");
}

TEST(YtDlpOutput, passes_over_what_is_none_of_ours) {
    for (const char* line :
         {"", "\n\n", "META\n", "META {\n", "META []\n", "META null []\n", "PROG 3\n", "PROG {}\n",
          "PROG {\"downloaded_bytes\"\n", "FILE 3\n", "FILE {}\n", "[download] 100% of 3\n", "meta {}\n"}) {
        auto output = heard(line);
        EXPECT_FALSE(output.video()) << line;
        EXPECT_EQ(output.done(), 0u) << line;
        EXPECT_EQ(output.file(), "") << line;
    }
}

TEST(YtDlpOutput, believes_no_number_that_cannot_be) {
    for (const char* number : {"-5", "1e300", "\"12\"", "null", "true", "[1]"}) {
        auto output = heard("PROG {\"downloaded_bytes\": " + std::string(number) + "}\n");
        EXPECT_EQ(output.done(), 0u) << number;
        auto video = heard("META {\"duration\": " + std::string(number) + ", \"filesize\": " + number +
                           "} [" + number + "]\n");
        ASSERT_TRUE(video.video()) << number;
        EXPECT_EQ(video.video()->durationMs + video.video()->bytes + video.video()->wholeBytes, 0u) << number;
    }
    EXPECT_EQ(heard("META {\"upload_date\": \"20-10-12\"} []\n").video()->date, "");
}

TEST(YtDlpOutput, drops_a_line_without_an_end_and_goes_on_with_the_next) {
    YtDlpOutput output;
    const std::string much(600'000, 'x');
    for (int i = 0; i < 10; ++i) output.push(much);
    EXPECT_FALSE(output.push("PROG {\"downloaded_bytes\": 5}\n"));  // that line's own end
    EXPECT_TRUE(output.push("PROG {\"downloaded_bytes\": 7}\n"));
    EXPECT_EQ(output.done(), 7u);
}

}  // namespace
}  // namespace auricle::sites
