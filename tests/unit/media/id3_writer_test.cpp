#include "media/id3_writer.h"

#include <gtest/gtest.h>

#include "media/id3.h"
#include "tests/unit/media/made_streams.h"

namespace auricle::media {
namespace {

std::string tagText(const Tags& tags) {
    return test::textIn(id3Tag(tags));
}

TEST(Id3Tag, is_as_long_as_it_says) {
    auto tag = tagText({.title = std::string(300, 'x')});
    auto file = tag + "sound";
    MemorySource source(test::bytesIn(file));
    Window window(source);
    EXPECT_EQ(behindId3(window, 0).value(), tag.size());
}

TEST(Id3Tag, of_nothing_is_nothing) {
    EXPECT_EQ(tagText({}), "");
}

TEST(Id3Tag, leaves_out_a_date_that_is_none) {
    EXPECT_EQ(tagText({.title = "x", .date = "last week"}).find("TYER"), std::string::npos);
    EXPECT_EQ(tagText({.date = "2026"}).find("TDAT"), std::string::npos);
}

TEST(Id3Tag, survives_text_that_is_no_utf8) {
    for (std::string text : {"\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x8e", "\xed\xa0\x80", "a\xc0\x80z"})
        EXPECT_FALSE(tagText({.title = text}).empty());
}

class Id3TagFiles : public test::MadeStreams {};

TEST_F(Id3TagFiles, are_read_by_ffmpeg_as_they_were_meant) {
    ASSERT_TRUE(make("-f lavfi -i sine=duration=2 -c:a libmp3lame -id3v2_version 0 -write_xing 0 plain.mp3"));
    write("tagged.mp3",
          tagText({.title = "Wärme 🔥", .course = "Physik I", .date = "2026-10-05", .source = "https://x/y"}) +
              read("plain.mp3"));
    EXPECT_EQ(packets("tagged.mp3"), packets("plain.mp3"));
    ASSERT_TRUE(make("-i tagged.mp3 -f ffmetadata tags.txt"));
    auto tags = read("tags.txt");
    for (std::string line :
         {"title=Wärme 🔥\n", "album=Physik I\n", "date=2026-10-05\n", "comment=https://x/y\n"})
        EXPECT_NE(tags.find(line), std::string::npos) << line << tags;
}

}  // namespace
}  // namespace auricle::media
