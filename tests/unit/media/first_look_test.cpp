#include <gtest/gtest.h>

#include "tests/unit/media/boxes.h"

namespace auricle::media {
namespace {

using namespace test;
using namespace std::string_literals;

TEST(FirstLook, KnowsASignInPageHoweverItBegins) {
    for (const auto& page : {"<!DOCTYPE html><html>"s, "\r\n\r\n  <!doctype HTML PUBLIC \"x\">"s,
                             "\xef\xbb\xbf<html lang=en>"s, "<HTML>\n<head><title>Sign in</title>"s,
                             "<!-- served by IIS -->"s, "<form method=\"post\" action=\"x\">"s,
                             "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC>\n<html xmlns='x'>"s}) {
        EXPECT_EQ(lookAt(page), FirstLook::html) << page;
    }
}

TEST(FirstLook, KnowsTextThatIsNoPage) {
    for (
        const auto& text :
        {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"s,
         "{\"ErrorCode\":2,\"ErrorMessage\":\"You do not have access to this session. Please log in.\"}"s,
         "#EXTM3U\n#EXT-X-VERSION:4\n"s, std::string(100, 'x'),
         "Zugriff verweigert – bitte melden Sie sich zuerst bei Panopto an, und versuchen Sie es erneut."s}) {
        EXPECT_EQ(lookAt(text), FirstLook::text) << text;
    }
}

TEST(FirstLook, KnowsMediaByItsBeginning) {
    for (const auto& media :
         {ftyp(), box("moov", zeros(8)), openBox("mdat", zeros(8)), "OggS"s + zeros(20), "fLaC"s + zeros(20),
          "\x1a\x45\xdf\xa3"s + zeros(20), "RIFF\x10\0\0\0WAVEfmt "s, "ID3\x04\0\0\0\0\0\x0a"s + zeros(20)}) {
        EXPECT_EQ(lookAt(media), FirstLook::media);
    }
}

TEST(FirstLook, KnowsOtherThings) {
    for (const auto& thing : {"PK\x03\x04"s + zeros(30), "%PDF-1.7 aaaaaaaaaa"s,
                              "\x89PNG\r\n\x1a\n"s + zeros(10), "RIFF\x10\0\0\0AVI LIST"s, zeros(100)}) {
        EXPECT_EQ(lookAt(thing), FirstLook::other) << thing;
    }
}

TEST(FirstLook, AsksForMoreOnlyAsLongAsMoreCanHelp) {
    for (const auto& head : {""s, "<!"s, "\0\0\0\x18"s, "\xff\xfb\x90"s, std::string(20, ' ')}) {
        EXPECT_EQ(lookAt(head), FirstLook::needMore) << head.size();
    }
    for (const auto& head : {std::string(16 * 1024, ' '), std::string(16 * 1024, '\xff'), zeros(16 * 1024),
                             "\xff\xfb\x90\0"s + zeros(16 * 1024), "<"s + std::string(16 * 1024, 'q')}) {
        EXPECT_NE(lookAt(head), FirstLook::needMore);
    }
}

TEST(FirstLook, IsSteadyFromTheFirstVerdictOn) {
    const auto page =
        "\n <!DOCTYPE html><html><head><title>Sign in</title></head><body>"s + std::string(2000, 'x');
    for (const auto& [whole, verdict] :
         {std::pair{page, FirstLook::html}, std::pair{soundFile(), FirstLook::media}}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            auto look = lookAt(std::string_view(whole).substr(0, size));
            EXPECT_TRUE(look == verdict || look == FirstLook::needMore) << size;
        }
    }
}

TEST(Probe, SaysWhatAFileIsInstead) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"<!DOCTYPE html><html>", "a web page"},
        {"PK\x03\x04" + zeros(30), "a ZIP archive"},
        {"Not found", "text"},
        {"", "empty"},
        {"{\"a\":1}", "a JSON document"},
        {"%PDF-1.4", "a PDF document"},
        {zeros(50'000), "not known"},
        {"<Error>x</Error>", "an XML document"},
        {"#EXTM3U\n", "a playlist"},
    };
    for (const auto& [file, words] : cases) {
        auto found = probeText(file);
        ASSERT_FALSE(found) << words;
        EXPECT_EQ(found.error().kind, Kind::not_media);
        EXPECT_NE(found.error().message.find(words), std::string::npos) << found.error().message;
    }
}

}  // namespace
}  // namespace auricle::media
