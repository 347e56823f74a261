#include "sites/panopto_captions.h"

#include <gtest/gtest.h>

#include "sites/panopto.h"
#include "sites/panopto_delivery_info.h"
#include "tests/unit/sites/scripted_client.h"

namespace auricle::sites {
namespace {

const std::string tenant = "https://uni.hosted.panopto.com";
const std::string recording = "49d05f87-0000-4000-8000-ae2400ac29ba";
const std::string question = "POST " + tenant + "/Panopto/Pages/Viewer/DeliveryInfo.aspx";
const std::string file =
    "GET " + tenant + "/Panopto/Pages/Transcription/GenerateSRT.ashx?id=" + recording + "&language=1";
const std::string signInPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";

class PanoptoCaptions : public testing::Test {
  protected:
    Result<Captions> ask(const std::string& language = "en-GB",
                         const std::string& query = "id=" + recording) {
        auto page = site.recognise(test::url(tenant + "/Panopto/Pages/Viewer.aspx?" + query));
        Visit visit{.http = http, .credentials = credentials, .timing = timing, .stop = stop.get_token()};
        return test::runToEnd(site.captions(*page, language, visit));
    }

    test::ScriptedClient http;
    test::NoCredentials credentials;
    test::Pauses pauses;
    net::Timing timing = pauses.timing();
    std::stop_source stop;
    Panopto site{{}};
};

TEST_F(PanoptoCaptions, AreAskedForAsThePlayerDoes) {
    http.answer(question,
                {.body = R"([{"Caption":"Good &amp; early","Time":1.5,"Duration":0,"CaptionDuration":4.1},
                                       {"Caption":"Today","Time":61,"Duration":0,"CaptionDuration":2}])"});
    auto captions = ask();
    ASSERT_TRUE(captions) << captions.error().message;
    EXPECT_EQ(captions->language, "en-GB");
    EXPECT_EQ(captions->srt,
              "1\n00:00:01,500 --> 00:00:05,600\nGood & early\n\n"
              "2\n00:01:01,000 --> 00:01:03,000\nToday\n\n");
    ASSERT_EQ(http.asked().size(), 1u);
    EXPECT_EQ(http.asked()[0].body,
              "deliveryId=" + recording + "&getCaptions=true&language=1&responseType=json");
    EXPECT_TRUE(http.asked()[0].hadCredentials);
}

TEST_F(PanoptoCaptions, AreAskedForByATopicsIdWhereThePageNamesNoOther) {
    http.answer(question, {.body = R"([{"Caption":"x","Time":0,"CaptionDuration":1}])"});
    ASSERT_TRUE(ask("de-DE", "tid=" + recording));
    EXPECT_EQ(http.asked()[0].body, "tid=" + recording + "&getCaptions=true&language=4&responseType=json");
}

TEST_F(PanoptoCaptions, AreTakenFromTheFileWhereThePlayerGetsNone) {
    for (const std::string answer : {"[]", "{}", R"([{"Caption":" "},7,null,{"Caption":4}])", "not JSON"}) {
        test::ScriptedClient fresh;
        std::swap(http, fresh);
        http.answer(question, {.body = answer});
        http.answer(file, {.body = "\xef\xbb\xbf"
                                   "1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\n\r\n"});
        auto captions = ask();
        ASSERT_TRUE(captions) << answer;
        EXPECT_EQ(captions->srt, "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n");
    }
}

TEST_F(PanoptoCaptions, AreMissingWhereThereAreNoneAndNothingIsTriedAgain) {
    const std::vector<std::pair<test::Answer, test::Answer>> matrix{
        {{.body = R"({"ErrorCode":2,"ErrorMessage":"Log in."})"}, {.body = signInPage}},
        {{.status = 302, .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx"}}}, {.status = 404}},
        {{.status = 503}, {.status = 503}},
        {{.failure = Error{.kind = Kind::timeout, .message = "x", .retryable = true}}, {.body = ""}},
    };
    for (const auto& [player, made] : matrix) {
        test::ScriptedClient fresh;
        std::swap(http, fresh);
        http.answer(question, player);
        http.answer(file, made);
        EXPECT_FALSE(ask());
        EXPECT_EQ(http.asked().size(), 2u);
    }
    EXPECT_TRUE(pauses.taken.empty());
}

TEST_F(PanoptoCaptions, OfALanguageThatIsNoneAreNotAskedFor) {
    EXPECT_FALSE(ask("klingon"));
    EXPECT_TRUE(http.asked().empty());
}

TEST_F(PanoptoCaptions, HaveALanguageForEachNumberAndBack) {
    EXPECT_EQ(panoptoLanguage(0), "en-US");
    EXPECT_EQ(panoptoLanguage(21), "it-IT");
    EXPECT_EQ(panoptoLanguage(30), "x-panopto-30");
    for (unsigned number : {0u, 1u, 21u, 22u, 9999u})
        EXPECT_EQ(panoptoLanguageNumber(panoptoLanguage(number)), number);
    EXPECT_FALSE(panoptoLanguageNumber("x-panopto-"));
    EXPECT_FALSE(panoptoLanguageNumber("en"));
}

TEST_F(PanoptoCaptions, AreAnnouncedByDeliveryInfo) {
    auto info = parseDeliveryInfo(
        R"({"Delivery":{"AvailableLanguages":[1,4,-1,"2",99999,{"x":3},[5]],"HasCaptions":true}})");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->captionLanguages, (std::vector<unsigned>{1, 4}));
}

TEST(ChosenLanguage, IsTheWishedOneOrItsNearestOrTheFirst) {
    const std::vector<std::string> some{"en-US", "de-DE", "en-GB"};
    EXPECT_EQ(chosenLanguage(some, ""), "en-US");
    EXPECT_EQ(chosenLanguage(some, "EN-gb"), "en-GB");
    EXPECT_EQ(chosenLanguage(some, "de-AT"), "de-DE");
    EXPECT_EQ(chosenLanguage(some, "de"), "de-DE");
    EXPECT_EQ(chosenLanguage(some, "fr"), "en-US");
    EXPECT_EQ(chosenLanguage({}, "fr"), "");
}

}  // namespace
}  // namespace auricle::sites
