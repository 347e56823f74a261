#include "delivery/file_name.h"

#include <gtest/gtest.h>

#include <random>

#include "delivery/clean_text.h"

namespace auricle::delivery {
namespace {

TEST(CleanText, makes_one_line_of_valid_utf8) {
    EXPECT_EQ(cleanLine("  a\t\r\n b\x01\x7f\u0085c\u2028d  "), "a b c d");
    EXPECT_EQ(cleanLine("\u202egpj.exe\u2066\u200b\ufeff"), "gpj.exe");
    EXPECT_EQ(cleanLine("Größe 音声 🎧"), "Größe 音声 🎧");
    EXPECT_EQ(cleanLine(""), "");
}

TEST(CleanText, joiners_stay_since_words_need_them) {
    EXPECT_EQ(cleanLine("می\u200cخواهم"), "می\u200cخواهم");
}

TEST(CleanText, malformed_bytes_become_replacement_characters) {
    EXPECT_EQ(cleanLine("a\xff"), "a\uFFFD");
    EXPECT_EQ(cleanLine("\xc0\xaf"), "\uFFFD\uFFFD");                      // an overlong slash
    EXPECT_EQ(cleanLine("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
    EXPECT_EQ(cleanLine("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
    EXPECT_EQ(cleanLine("a\xe2\x82"), "a\uFFFD\uFFFD");                    // cut short
}

TEST(CleanText, is_cut_before_a_code_point) {
    EXPECT_EQ(cutTo("aä", 2), "a");
    EXPECT_EQ(cutTo("aä", 3), "aä");
    EXPECT_EQ(cutTo("🎧", 3), "");
}

TEST(FileName, is_title_id_and_extension) {
    EXPECT_EQ(fileName("Lecture 4", "49d05f87-0000", "m4a"), "Lecture 4 [49d05f87-0000].m4a");
    EXPECT_EQ(fileName("Lecture 4", "49d05f87-0000", "m4a", 2), "Lecture 4 [49d05f87-0000] (2).m4a");
    EXPECT_EQ(fileName("Lecture 4", "", "m4a"), "Lecture 4.m4a");
    EXPECT_EQ(fileName("", "", ""), "Recording.audio");
}

TEST(FileName, has_no_separator_and_no_character_that_a_system_reserves) {
    EXPECT_EQ(fileName("../../etc/passwd", "x", "m4a"), "etc-passwd [x].m4a");
    EXPECT_EQ(fileName("a/b\\c:d*e?f\"g<h>i|j", "../x/y", "m/4\\a"), "a-b-c-d-e-f-g-h-i-j [xy].m4a");
    EXPECT_EQ(fileName("...hidden. . .", "", "m4a"), "hidden.m4a");
    EXPECT_EQ(fileName("-rf", "", "m4a"), "rf.m4a");
    EXPECT_EQ(fileName("a\nb\u202e", "", "m4a"), "a b.m4a");
}

TEST(FileName, is_never_a_device_of_windows) {
    for (const char* device :
         {"CON", "prn", "Aux", "NUL", "com1", "LPT9", "COM0", "COM\u00b9", "CONIN$", "con .txt", "nul.tar"})
        EXPECT_TRUE(fileName(device, "", "m4a").starts_with("_")) << device;
    EXPECT_EQ(fileName("nul.tar", "", "m4a"), "_nul.tar.m4a");
    for (const char* harmless : {"CONS", "COM", "COM10", "LPTX", "nulls"})
        EXPECT_FALSE(fileName(harmless, "", "m4a").starts_with("_")) << harmless;
}

TEST(FileName, is_200_bytes_at_most_and_stays_valid_utf8) {
    std::string title;
    for (int i = 0; i < 300; ++i) title += "ä";
    for (const unsigned copy : {1u, 2u, 1000u}) {
        const std::string name = fileName(title, std::string(500, 'i'), std::string(50, 'e'), copy);
        EXPECT_LE(name.size(), longestFileName);
        EXPECT_GT(name.size(), 190u);
        EXPECT_EQ(cleanLine(name), name);
    }
}

TEST(FileName, is_sound_whatever_is_handed_in) {
    std::mt19937 random(7);
    const std::string alphabet("a./\\ -:\0\n\xc3\xa4\xe2\x80\xae\xff[]CONnul", 23);
    for (int i = 0; i < 20'000; ++i) {
        std::string parts[3];
        for (auto& part : parts)
            for (auto left = random() % 260; left > 0; --left) part += alphabet[random() % alphabet.size()];
        const std::string name = fileName(parts[0], parts[1], parts[2], random() % 3);
        ASSERT_LE(name.size(), longestFileName);
        ASSERT_NE(name.front(), '.');
        ASSERT_EQ(name.find_first_of(std::string_view("/\\:\0\n", 5)), std::string::npos);
        ASSERT_EQ(cleanLine(name), name);
    }
}

TEST(Subfolder, may_be_a_relative_name_or_several) {
    for (const char* name : {"", "Computing 101", "Uni/Computing 101/2026", "Größe", "a..b", "x:y"})
        EXPECT_TRUE(judgeSubfolder(name)) << name;
}

TEST(Subfolder, that_leads_out_or_hides_is_refused_with_its_field) {
    for (const std::string name :
         {"..", "a/../b", "../a", "/a", "/", "a//b", "a/", ".", "./a", ".git", "a/.ssh", "a\\b", "a\nb",
          "a\u202eb", " a", "a\xff", "NUL", "a/con.txt", "~/../x"}) {
        auto judged = judgeSubfolder(name);
        ASSERT_FALSE(judged) << name;
        EXPECT_EQ(judged.error().kind, Kind::bad_params);
        EXPECT_EQ(judged.error().path, "/deliver/subfolder");
    }
    EXPECT_FALSE(judgeSubfolder(std::string(201, 'a')));
    EXPECT_FALSE(judgeSubfolder(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace auricle::delivery
