#include "sites/srt.h"

#include <gtest/gtest.h>

namespace auricle::sites {
namespace {

TEST(Srt, numbers_cues_in_the_order_of_time_and_writes_times_as_players_want_them) {
    EXPECT_EQ(srtOf({{.startMs = 3'723'456, .durationMs = 1500, .text = "Second."},
                     {.startMs = 0, .durationMs = 4100, .text = "First."}}),
              "1\n00:00:00,000 --> 00:00:04,100\nFirst.\n\n"
              "2\n01:02:03,456 --> 01:02:04,956\nSecond.\n\n");
}

TEST(Srt, lets_no_cue_last_into_the_next_one_and_gives_those_without_a_length_one) {
    EXPECT_EQ(srtOf({{.startMs = 0, .durationMs = 9000, .text = "a"},
                     {.startMs = 2000, .durationMs = 0, .text = "b"},
                     {.startMs = 3500, .durationMs = 0, .text = "c"}}),
              "1\n00:00:00,000 --> 00:00:02,000\na\n\n"
              "2\n00:00:02,000 --> 00:00:03,500\nb\n\n"
              "3\n00:00:03,500 --> 00:00:07,500\nc\n\n");
}

TEST(Srt, undoes_what_html_does_to_words) {
    const std::vector<std::pair<std::string, std::string>> texts{
        {"Tom &amp; Jerry&#39;s &quot;ear&quot; &#x2014; &lt;loud&gt;",
         "Tom & Jerry's \"ear\" \xe2\x80\x94 <loud>"},
        {"<i>soft</i> and <font color=\"red\">red</font>", "soft and red"},
        {"one<br/>two<BR>three", "one\ntwo\nthree"},
        {"one\r\n\r\n  \n two\t\tlines ", "one\ntwo lines"},
        {"3 < 4 & 5 &unknown; &amp", "3 < 4 & 5 &unknown; &amp"},
        {"a&nbsp;b", "a b"},
        {"1 --> 2 ---> 3", "1 -> 2 -> 3"},
        {"&#0;&#xD800;&#x110000;x", "x"},
        {"Gr\xc3\xbc\xc3\x9f"
         "e \xff\xe2\x80\xae!",
         "Gr\xc3\xbc\xc3\x9f"
         "e !"},
    };
    for (const auto& [given, wanted] : texts) {
        EXPECT_EQ(srtOf({{.startMs = 0, .durationMs = 1000, .text = given}}),
                  "1\n00:00:00,000 --> 00:00:01,000\n" + wanted + "\n\n")
            << given;
    }
}

TEST(Srt, leaves_out_cues_without_words) {
    EXPECT_EQ(srtOf({{.startMs = 0, .durationMs = 1, .text = " \n<br>"},
                     {.startMs = 5, .durationMs = 1, .text = "x"}}),
              "1\n00:00:00,005 --> 00:00:00,006\nx\n\n");
    EXPECT_EQ(srtOf({}), "");
}

TEST(Srt, is_read_whatever_program_wrote_it) {
    auto cues = readSrt(
        "\xef\xbb\xbf"
        "1\r\n00:00:01,000 --> 00:00:02,500\r\nGood\r\nmorning.\r\n\r\n\r\n"
        "00:05.250 --> 00:06.000 align:start\nno number\n"
        "7\n00:00:10,000 --> 00:00:09,000\nbackwards");
    ASSERT_TRUE(cues);
    ASSERT_EQ(cues->size(), 3u);
    EXPECT_EQ((*cues)[0].startMs, 1000u);
    EXPECT_EQ((*cues)[0].durationMs, 1500u);
    EXPECT_EQ((*cues)[0].text, "Good\nmorning.\n");
    EXPECT_EQ((*cues)[1].startMs, 5250u);
    EXPECT_EQ((*cues)[2].durationMs, 0u);
}

TEST(Srt, is_not_seen_in_a_page_or_in_nothing) {
    for (const auto* text : {"", "<!DOCTYPE html>\n<html><!-- a --> b -->", "1\n2\n3", "00:00 --> never",
                             "99999999999999999999:00 --> 1:00", "a --> b"}) {
        EXPECT_FALSE(readSrt(text)) << text;
    }
}

}  // namespace
}  // namespace auricle::sites
