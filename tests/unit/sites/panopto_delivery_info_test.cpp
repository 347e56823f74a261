#include "sites/panopto_delivery_info.h"

#include <gtest/gtest.h>

#include <random>

#include "sites/plain_text.h"

namespace auricle::sites {
namespace {

const std::string complete = R"({"SessionId":"5015FE0B-af9d-465f-af3a-ae2400ac29ae","ErrorCode":null,
 "UserKey":"uni\\abc123","UserEmail":"abc123@uni.example","UserName":"canary person","DownloadUrl":null,
 "Delivery":{"PublicID":"49d05f87-0000-4000-8000-ae2400ac29ba","SessionPublicID":"5015fe0b-0000-465f-af3a-ae2400ac29ae",
  "SessionName":"  Lecture\t4: \u202eHeaps ","SessionGroupLongName":"Computing 101","Duration":3197.75,
  "Contributors":[{"DisplayName":"canary lecturer","UserKey":"canary key"}],
  "IsAudioPodcastEncodeComplete":true,"IsBroadcast":false,"IsActiveBroadcast":false,
  "Timestamps":[{"Duration":1,"StreamUrl":"https://evil.example/x.mp4","PublicID":"nope"}],
  "PodcastStreams":[{"StreamUrl":"https:\/\/d2hpwsdp0ihr0w.cloudfront.net:443\/sessions\/a.hls\/master.m3u8?InvocationID=7&x=1",
     "StreamHttpUrl":null,"Tag":"DV","ViewerMediaFileTypeName":"hls"}],
  "Streams":[{"Tag":"OBJECT","StreamUrl":"https://cdn.example/object.mp4","ViewerMediaFileTypeName":"mp4"}]}})";

std::string with(std::string text, const std::string& what, const std::string& instead) {
    auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
}

TEST(PanoptoDeliveryInfo, TakesWhatACaptureNeedsAndNothingOfThePerson) {
    auto info = parseDeliveryInfo(complete);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->publicId, "49d05f87-0000-4000-8000-ae2400ac29ba");
    EXPECT_EQ(info->sessionId, "5015fe0b-af9d-465f-af3a-ae2400ac29ae");
    EXPECT_EQ(info->title, "Lecture 4: Heaps");
    EXPECT_EQ(info->course, "Computing 101");
    EXPECT_EQ(info->durationMs, 3'197'750u);
    EXPECT_TRUE(info->isAudioEncoded);
    EXPECT_FALSE(info->isLive || info->isPurged || info->areDownloadsOff);
    ASSERT_FALSE(info->streams.empty());
    EXPECT_TRUE(info->streams[0].isPlaylist);
    EXPECT_EQ(info->streams[0].url.text(),
              "https://d2hpwsdp0ihr0w.cloudfront.net/sessions/a.hls/master.m3u8?InvocationID=7&x=1");
}

TEST(PanoptoDeliveryInfo, ReadsErrorCodeTwoAsTheEndOfTheSession) {
    auto info = parseDeliveryInfo(
        R"({"ErrorCode":2,"ErrorMessage":"You do not have access to this session. Please log in.","Delivery":null})");
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, Kind::login_required);
    EXPECT_FALSE(info.error().retryable);
    EXPECT_NE(info.error().message.find("“You do not have access to this session. Please log in.”"),
              std::string::npos);
}

TEST(PanoptoDeliveryInfo, QuotesPanoptosOwnSentenceForOtherErrors) {
    auto info = parseDeliveryInfo(
        R"({"ErrorCode":1,"ErrorMessage":"This session\ncould \u0007not be found.","Delivery":null})");
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind, Kind::not_found);
    EXPECT_NE(info.error().message.find("“This session could not be found.”"), std::string::npos)
        << info.error().message;
    auto loud = parseDeliveryInfo(R"({"ErrorCode":7,"ErrorMessage":")" + std::string(100'000, 'x') + R"("})");
    ASSERT_FALSE(loud);
    EXPECT_LT(loud.error().message.size(), 500u);
    auto silent = parseDeliveryInfo(R"({"ErrorCode":7,"ErrorMessage":{"no":"text"}})");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().kind, Kind::not_found);
}

TEST(PanoptoDeliveryInfo, ReadsAWebPageAsASignInAndJunkAsTrouble) {
    for (const auto* page : {"<!DOCTYPE html><html><body>Sign in</body></html>",
                             "\xef\xbb\xbf\r\n  <html><head>", "<form action=x>"}) {
        auto info = parseDeliveryInfo(page);
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().kind, Kind::login_required) << page;
    }
    for (const auto& junk : {std::string(), std::string("oops"), complete.substr(0, 200),
                             std::string("[1,2]"), std::string("null")}) {
        auto info = parseDeliveryInfo(junk);
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().kind, Kind::network) << junk;
        EXPECT_TRUE(info.error().retryable);
    }
}

TEST(PanoptoDeliveryInfo, TellsApartWhatIsNotReady) {
    EXPECT_FALSE(
        parseDeliveryInfo(with(complete, "EncodeComplete\":true", "EncodeComplete\":false"))->isAudioEncoded);
    EXPECT_TRUE(
        parseDeliveryInfo(with(complete, "IsActiveBroadcast\":false", "IsActiveBroadcast\":true"))->isLive);
    auto broadcast = with(complete, "\"IsBroadcast\":false", "\"IsBroadcast\":true,\"BroadcastEnded\":false");
    EXPECT_TRUE(parseDeliveryInfo(broadcast)->isLive);
    EXPECT_FALSE(
        parseDeliveryInfo(with(broadcast, "BroadcastEnded\":false", "BroadcastEnded\":true"))->isLive);
    EXPECT_TRUE(
        parseDeliveryInfo(with(complete, "\"IsBroadcast\"", "\"IsPurgedEncode\":true,\"IsBroadcast\""))
            ->isPurged);
    EXPECT_TRUE(
        parseDeliveryInfo(with(complete, "\"IsBroadcast\"", "\"IsDownloadAvailable\":false,\"IsBroadcast\""))
            ->areDownloadsOff);
}

TEST(PanoptoDeliveryInfo, TellsAVideoFileFromAPlaylistByItsKindAndNotItsEnding) {
    auto video = [](const std::string& fields) {
        auto info = parseDeliveryInfo(R"({"Delivery":{"PodcastStreams":[{)" + fields + "}]}}");
        bool isThere = info && !info->streams.empty();
        return isThere ? std::optional(info->streams.front()) : std::nullopt;
    };
    EXPECT_FALSE(
        video(R"("StreamUrl":"https://c.example/a.m3u8","ViewerMediaFileTypeName":"mp4")")->isPlaylist);
    EXPECT_TRUE(
        video(R"("StreamUrl":"https://c.example/a.mp4","ViewerMediaFileTypeName":"hls")")->isPlaylist);
    EXPECT_FALSE(video(R"("StreamUrl":"https://c.example/a.panobf1?q=1")")->isPlaylist);
    EXPECT_TRUE(video(R"("StreamUrl":"https://c.example/master.panobf2")")->isPlaylist);
    EXPECT_TRUE(video(R"("StreamUrl":null,"StreamHttpUrl":"https://c.example/master.m3u8")")->isPlaylist);
    EXPECT_EQ(video(R"("StreamUrl":"https://c.example:443/a.mp4")")->url.text(), "https://c.example/a.mp4");
    EXPECT_FALSE(video(R"("StreamUrl":null)"));
    EXPECT_FALSE(video(R"("StreamUrl":"http://c.example/a.mp4")"));
    EXPECT_FALSE(video(R"("StreamUrl":"http://127.0.0.1/a.mp4")"));
}

TEST(PanoptoDeliveryInfo, OrdersTheStreamsByWhereTheSoundIsLikely) {
    auto info = parseDeliveryInfo(R"({"Delivery":{"Duration":100,
        "PodcastStreams":[{"StreamUrl":"https://c.example/podcast","Tag":"DV"}],
        "Streams":[{"Tag":"OBJECT","StreamUrl":"https://c.example/screen"},
                   {"Tag":"DV","StreamUrl":"https://c.example/camera"},
                   {"Tag":"DV","StreamUrl":"https://c.example/podcast"},
                   {"Tag":null,"StreamUrl":null},
                   {"Tag":"AUDIO","StreamUrl":"https://c.example/audio"}]}})");
    ASSERT_TRUE(info);
    std::vector<std::string> paths;
    for (const auto& stream : info->streams) paths.push_back(stream.url.path());
    EXPECT_EQ(paths, (std::vector<std::string>{"/audio", "/podcast", "/camera", "/screen"}));
}

TEST(PanoptoDeliveryInfo, LeavesOutAStreamThatIsOneOfSeveralPieces) {
    auto info = parseDeliveryInfo(R"({"Delivery":{"Duration":100,"PodcastStreams":[],
        "Streams":[{"Tag":"DV","StreamUrl":"https://c.example/1","RelativeStart":0,"RelativeEnd":40},
                   {"Tag":"DV","StreamUrl":"https://c.example/2","RelativeStart":40,"RelativeEnd":100.0}]}})");
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->streams.empty());
}

TEST(PanoptoDeliveryInfo, ReadsTheDayOfTheRecordingFromItsOwnCalendar) {
    auto day = [](const std::string& startedAt) {
        return parseDeliveryInfo(R"({"Delivery":{"SessionStartTime":)" + startedAt + "}}")->date;
    };
    EXPECT_EQ(day("13289302802.375935"), "2022-02-14");
    EXPECT_EQ(day("0"), "");
    EXPECT_EQ(day("1e300"), "");
    EXPECT_EQ(day("null"), "");
}

TEST(PanoptoDeliveryInfo, TakesFieldsOfAWrongTypeForAbsent) {
    for (const auto* wrong :
         {"null", "1", "-1e400", "\"x\"", "[]", "{}", "true", "[[1],{\"StreamUrl\":7}]"}) {
        std::string body = "{\"Delivery\":{";
        for (const auto* key :
             {"PublicID", "SessionName", "SessionGroupLongName", "Duration", "IsAudioPodcastEncodeComplete",
              "IsActiveBroadcast", "IsBroadcast", "BroadcastEnded", "IsPurgedEncode", "RehydrationAvailable",
              "IsDownloadAvailable", "PodcastStreams", "Streams", "SessionPublicID"}) {
            body += "\"" + std::string(key) + "\":" + wrong + ",";
        }
        body += "\"x\":1},\"SessionId\":" + std::string(wrong) + ",\"ErrorCode\":\"text\"}";
        auto info = parseDeliveryInfo(body);
        if (!info) {
            EXPECT_EQ(info.error().kind, Kind::network)
                << wrong;  // a number no double holds is no JSON for us
            continue;
        }
        EXPECT_EQ(info->publicId, "");
        EXPECT_TRUE(info->streams.empty());
    }
    EXPECT_EQ(parseDeliveryInfo(R"({"Delivery":{"Duration":-5}})")->durationMs, 0u);
    EXPECT_EQ(parseDeliveryInfo(R"({"Delivery":{"Duration":1e300}})")->durationMs, 0u);
    EXPECT_EQ(parseDeliveryInfo(R"({"Delivery":7})").error().kind, Kind::not_found);
}

TEST(PanoptoDeliveryInfo, OutlivesDeepNestingAndTenThousandMutations) {
    EXPECT_FALSE(parseDeliveryInfo(std::string(1'000'000, '[')));
    EXPECT_FALSE(
        parseDeliveryInfo("{\"Delivery\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}"));
    std::mt19937 random(20261121);
    for (int i = 0; i < 10'000; ++i) {
        auto body = complete;
        for (auto n = random() % 8 + 1; n > 0; --n) {
            auto at = random() % body.size();
            switch (random() % 3) {
                case 0:
                    body[at] = static_cast<char>(random());
                    break;
                case 1:
                    body.erase(at, random() % 20);
                    break;
                default:
                    body.insert(at, body.substr(random() % body.size(), random() % 20));
            }
        }
        auto info = parseDeliveryInfo(body);
        if (!info) {
            EXPECT_FALSE(info.error().message.empty());
            EXPECT_EQ(info.error().message.find("canary"), std::string::npos);
        }
    }
}

TEST(PlainText, IsOneLineOfVisibleCharacters) {
    EXPECT_EQ(plainText("a\r\n\tb\x07 c\x7f", 100), "a b c");
    EXPECT_EQ(plainText("\u202eevil\u2066 \ufeffx\u200b", 100), "evil x");
    EXPECT_EQ(plainText("Analysis für Anfänger – 第4講 🎓", 100), "Analysis für Anfänger – 第4講 🎓");
    EXPECT_EQ(plainText("a\xff\xc0\x80"
                        "b\xe2\x82",
                        100),
              "ab");
    EXPECT_EQ(plainText("", 100), "");
}

TEST(PlainText, IsNeverCutInsideACharacter) {
    const std::string text = "ä第🎓 ä第🎓 ä第🎓";
    for (std::size_t limit = 3; limit < text.size() + 2; ++limit) {
        auto cut = plainText(text, limit);
        EXPECT_LE(cut.size(), limit);
        EXPECT_EQ(plainText(cut, 1000), cut) << limit;
        EXPECT_EQ(cut == text, limit >= text.size()) << limit;
    }
}

}  // namespace
}  // namespace auricle::sites
