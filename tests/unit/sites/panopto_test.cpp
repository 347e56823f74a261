#include "sites/panopto.h"

#include <gtest/gtest.h>

#include "sites/video_size.h"
#include "streams/file_way.h"
#include "tests/unit/sites/scripted_client.h"

namespace auricle::sites {
namespace {

using test::Answer;

const std::string tenant = "https://uni.hosted.panopto.com";
const std::string recording = "49d05f87-0000-4000-8000-ae2400ac29ba";
const std::string session = "5015fe0b-af9d-465f-af3a-ae2400ac29ae";
const std::string question = "POST " + tenant + "/Panopto/Pages/Viewer/DeliveryInfo.aspx";
const std::string cdn = "https://d2hpwsdp0ihr0w.cloudfront.net/sessions/v.mp4";

std::string deliveryInfo(const std::string& fields) {
    return R"({"SessionId":")" + session + R"(","UserEmail":"canary@uni.example","Delivery":{"PublicID":")" +
           recording +
           R"(","SessionName":"Lecture 4","SessionGroupLongName":"Computing 101","Duration":3600,)" + fields +
           "}}";
}
const std::string fine = deliveryInfo(R"("IsAudioPodcastEncodeComplete":true)");
const std::string loggedOut = R"({"ErrorCode":2,"ErrorMessage":"Please log in.","Delivery":null})";
const std::string signInPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";

const net::Url& urlOf(const streams::Way& way) {
    return dynamic_cast<const streams::FileWay&>(way).url();
}

class PanoptoSite : public testing::Test {
  protected:
    Visit visit() { return {http, credentials, timing, stop.get_token()}; }
    Page page(const std::string& query = "id=" + recording) {
        return *site.recognise(test::url(tenant + "/Panopto/Pages/Viewer.aspx?" + query));
    }
    Result<Plan> resolve(const std::string& query = "id=" + recording) {
        auto what = page(query);
        auto with = visit();
        return test::runToEnd(site.resolve(what, with));
    }
    std::uint64_t asked(const Plan& plan) {
        if (!plan.askWholeBytes) return 0;
        auto with = visit();
        return test::runToEnd(plan.askWholeBytes(with));
    }
    Error explain(Error refused) {
        auto what = page();
        return test::runToEnd(site.explain(what, std::move(refused), visit()));
    }
    Result<void> judge(int status, const std::string& at, std::vector<net::Header> headers = {}) {
        net::ResponseHead head{.status = status, .headers = {}, .url = test::url(at)};
        for (auto& header : headers) head.headers.add(header.name, header.value);
        return site.judgeMedia(page(), head);
    }

    test::ScriptedClient http;
    test::NoCredentials credentials;
    test::Pauses pauses;
    net::Timing timing = pauses.timing();
    std::stop_source stop;
    Panopto site{{}, [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}; }};
};

TEST_F(PanoptoSite, ResolvesARecordingToItsAudioPodcast) {
    http.answer(question, {.body = fine});
    auto plan = resolve();
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->about.title, "Lecture 4");
    EXPECT_EQ(plan->about.course, "Computing 101");
    EXPECT_EQ(plan->about.stableId, session);
    EXPECT_EQ(plan->about.durationMs, 3'600'000u);
    ASSERT_EQ(plan->ways.size(), 1u);
    EXPECT_EQ(plan->ways[0]->how(), "audio-direct");
    EXPECT_EQ(urlOf(*plan->ways[0]).text(),
              tenant + "/Panopto/Podcast/Download/" + recording + ".mp4?mediaTargetType=audioPodcast");
    EXPECT_EQ(plan->wholeBytes, 0u);
}

TEST_F(PanoptoSite, AsksDeliveryInfoAsPanoptosOwnPageDoes) {
    http.answer(question, {.body = fine});
    ASSERT_TRUE(resolve());
    ASSERT_EQ(http.asked().size(), 1u);
    const auto& asked = http.asked()[0];
    EXPECT_EQ(asked.body, "deliveryId=" + recording + "&isEmbed=true&responseType=json");
    EXPECT_TRUE(asked.hadCredentials);
    EXPECT_EQ(asked.maxBodyBytes, 8u << 20);
    std::map<std::string, std::string> headers;
    for (const auto& header : asked.headers) headers[header.name] = header.value;
    EXPECT_EQ(headers["Content-Type"], "application/x-www-form-urlencoded;charset=UTF-8");
    EXPECT_EQ(headers["Accept"], "application/json, text/javascript, */*; q=0.01");
    EXPECT_FALSE(headers.contains("Cookie"));
}

TEST_F(PanoptoSite, AsksForATopicIdByItsOwnNameAndFetchesByTheDeliverysId) {
    http.answer(question, {.body = fine});
    auto plan = resolve("tid=" + session);
    ASSERT_TRUE(plan);
    EXPECT_EQ(http.asked()[0].body,
              "&tid=" + session +
                  "&isLiveNotes=false&refreshAuthCookie=true&isActiveBroadcast=false&isEditing=false"
                  "&isKollectiveAgentInstalled=false&isEmbed=false&responseType=json");
    EXPECT_NE(urlOf(*plan->ways[0]).path().find(recording), std::string::npos);
}

TEST_F(PanoptoSite, KnowsEveryFormOfALoggedOutSession) {
    const std::vector<std::pair<std::string, Answer>> matrix{
        {"ErrorCode 2", {.body = loggedOut}},
        {"a sign-in page with 200",
         {.body = signInPage, .headers = {{"Content-Type", "text/html; charset=utf-8"}}}},
        {"Login.aspx, older form",
         {.status = 302,
          .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx?Auth=Viewer&ReturnUrl=%2fPanopto"}}}},
        {"Login.aspx, newer form",
         {.status = 302,
          .headers = {{"location",
                       tenant + "/Panopto/Pages/Auth/Login.aspx?Auth=SessionView&panoptoState=" + session}}}},
        {"single sign-on by bounce",
         {.status = 302,
          .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx?instance=UNI&AllowBounce=true"}}}},
        {"another host",
         {.status = 302, .headers = {{"Location", "https://idp.uni.example/saml2/sso?SAMLRequest=x"}}}},
        {"another host by 307", {.status = 307, .headers = {{"Location", "https://idp.uni.example/"}}}},
        {"another host by plain http", {.status = 303, .headers = {{"Location", "http://idp.uni.example/"}}}},
        {"401", {.status = 401, .body = signInPage}},
        {"403", {.status = 403, .body = signInPage}},
    };
    for (const auto& [name, answer] : matrix) {
        test::ScriptedClient one;
        one.answer(question, answer);
        auto what = page();
        auto plan = test::runToEnd(site.resolve(what, {one, credentials, timing, {}}));
        ASSERT_FALSE(plan) << name;
        EXPECT_EQ(plan.error().kind, Kind::login_required) << name;
        EXPECT_FALSE(plan.error().retryable) << name;
        EXPECT_EQ(one.asked().size(), 1u) << name << ": a session that is over is not asked again";
    }
    EXPECT_TRUE(pauses.taken.empty());
}

TEST_F(PanoptoSite, AsksAgainWhereTheTenantItselfMovedTheAddress) {
    http.answer(question,
                {.status = 308, .headers = {{"Location", "/panopto/pages/viewer/deliveryinfo.aspx"}}});
    http.answer("POST " + tenant + "/panopto/pages/viewer/deliveryinfo.aspx", {.body = fine});
    ASSERT_TRUE(resolve());
    EXPECT_EQ(http.asked()[1].body, http.asked()[0].body);
}

TEST_F(PanoptoSite, GivesUpOnRedirectsInACircle) {
    http.answer(question,
                {.status = 302, .headers = {{"Location", "/Panopto/Pages/Viewer/DeliveryInfo.aspx"}}});
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, Kind::network);
    EXPECT_FALSE(plan.error().retryable);
    EXPECT_LE(http.asked().size(), 5u);
}

TEST_F(PanoptoSite, TellsAWrongIdFromAnEndedSession) {
    http.answer(
        question,
        {.body = R"({"ErrorCode":1,"ErrorMessage":"This session could not be found.","Delivery":null})"});
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, Kind::not_found);
    EXPECT_NE(plan.error().message.find("This session could not be found."), std::string::npos);
}

TEST_F(PanoptoSite, SaysWhatIsNotReadyYetWithoutAskingAgainByItself) {
    const std::vector<std::pair<std::string, Kind>> cases{
        {R"("IsAudioPodcastEncodeComplete":false)", Kind::not_ready_yet},
        {R"("IsAudioPodcastEncodeComplete":true,"IsActiveBroadcast":true)", Kind::not_ready_yet},
        {R"("IsAudioPodcastEncodeComplete":true,"IsBroadcast":true,"BroadcastEnded":false)",
         Kind::not_ready_yet},
        {R"("IsAudioPodcastEncodeComplete":false,"IsPurgedEncode":true,"RehydrationAvailable":true)",
         Kind::not_ready_yet},
        {R"("IsAudioPodcastEncodeComplete":false,"IsPurgedEncode":true)", Kind::not_found},
        {R"("IsAudioPodcastEncodeComplete":true,"IsDownloadAvailable":false)", Kind::download_disabled},
    };
    for (const auto& [fields, kind] : cases) {
        test::ScriptedClient one;
        one.answer(question, {.body = deliveryInfo(fields)});
        auto what = page();
        auto plan = test::runToEnd(site.resolve(what, {one, credentials, timing, {}}));
        ASSERT_FALSE(plan) << fields;
        EXPECT_EQ(plan.error().kind, kind) << fields;
        EXPECT_EQ(plan.error().retryable, kind == Kind::not_ready_yet) << fields;
        EXPECT_EQ(one.asked().size(), 1u) << fields;
    }
}

TEST_F(PanoptoSite, TriesAgainWhatMayPassAndWaitsAsLongAsTheServerAsks) {
    http.answer(question, {.status = 503, .headers = {{"Retry-After", "7"}}});
    http.answer(question, {.failure = Error{.kind = Kind::timeout, .message = "slow", .retryable = true}});
    http.answer(question, {.body = fine.substr(0, 100)});
    http.answer(question, {.status = 429, .headers = {{"Retry-After", "Sat, 21 Nov 2026 00:00:09 GMT"}}});
    http.answer(question, {.body = fine});
    EXPECT_TRUE(resolve());
    using std::chrono::milliseconds;
    ASSERT_EQ(pauses.taken.size(), 4u);
    EXPECT_EQ(pauses.taken[0], milliseconds(7000));
    EXPECT_EQ(pauses.taken[3], milliseconds(9000));
}

TEST_F(PanoptoSite, GivesUpWithTheServersTroubleWhenItDoesNotPass) {
    http.answer(question, {.status = 502});
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, Kind::network);
    EXPECT_TRUE(plan.error().retryable);
    EXPECT_EQ(http.asked().size(), 6u);
}

TEST_F(PanoptoSite, StopsWhenItIsStopped) {
    http.answer(question, {.status = 502});
    stop.request_stop();
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, Kind::cancelled);
}

TEST_F(PanoptoSite, NeverShowsThePersonsMailAddress) {
    http.answer(question, {.body = deliveryInfo(R"("IsAudioPodcastEncodeComplete":false)")});
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().message.find("canary"), std::string::npos);
}

TEST_F(PanoptoSite, AsksTheCdnWhatTheVideoWouldHaveCostWithoutCredentials) {
    http.answer(question, {.body = deliveryInfo(R"("PodcastStreams":[{"StreamUrl":")" + cdn +
                                                R"(","ViewerMediaFileTypeName":"mp4"}])")});
    http.answer("HEAD " + cdn, {.headers = {{"Content-Length", "465000000"}, {"Content-Type", "video/mp4"}}});
    auto plan = resolve();
    ASSERT_TRUE(plan);
    EXPECT_EQ(http.asked().size(), 1u) << "the sound waits for it";
    EXPECT_EQ(asked(*plan), 465'000'000u);
    ASSERT_EQ(http.asked().size(), 2u);
    EXPECT_FALSE(http.asked()[1].hadCredentials);
    EXPECT_EQ(http.asked()[1].totalTimeoutMs, 5000u);
}

TEST_F(PanoptoSite, ReckonsTheCostOfAPlaylistByItsBestVariant) {
    const std::string master = "https://d2hpwsdp0ihr0w.cloudfront.net/v.hls/master.m3u8?InvocationID=1";
    http.answer(question, {.body = deliveryInfo(R"("PodcastStreams":[{"StreamUrl":")" + master +
                                                R"(","ViewerMediaFileTypeName":"hls"}])")});
    http.answer("GET " + master, {.body = "#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=703314,CODECS=\"avc1."
                                          "4d401f,mp4a.40.2\",RESOLUTION=640x360\r\n"
                                          "1/"
                                          "index.m3u8\r\n#EXT-X-STREAM-INF:CODECS=\"a,BANDWIDTH=9999999\","
                                          "AVERAGE-BANDWIDTH=8888888,BANDWIDTH=1453853\r\n"
                                          "2/index.m3u8\r\n"});
    auto plan = resolve();
    ASSERT_TRUE(plan);
    EXPECT_EQ(asked(*plan), 1453853ull * 3600 / 8);
    EXPECT_FALSE(http.asked()[1].hadCredentials);
    EXPECT_EQ(http.asked()[1].maxBodyBytes, 256u * 1024);
}

TEST_F(PanoptoSite, LeavesTheCostUnknownWhereItCannotBeLearnt) {
    const std::vector<Answer> answers{
        {.status = 403, .headers = {{"Content-Length", "12"}}},
        {.status = 200},
        {.headers = {{"Content-Length", "-5"}}},
        {.headers = {{"Content-Length", "99"}, {"Content-Type", "text/html"}}},
        {.failure = Error{.kind = Kind::timeout, .message = "slow", .retryable = true}}};
    for (const auto& answer : answers) {
        test::ScriptedClient one;
        one.answer(question, {.body = deliveryInfo(R"("PodcastStreams":[{"StreamUrl":")" + cdn +
                                                   R"(","ViewerMediaFileTypeName":"mp4"}])")});
        one.answer("HEAD " + cdn, answer);
        auto what = page();
        auto plan = test::runToEnd(site.resolve(what, {one, credentials, timing, {}}));
        ASSERT_TRUE(plan);
        Visit with{one, credentials, timing, {}};
        EXPECT_EQ(test::runToEnd(plan->askWholeBytes(with)), 0u);
        EXPECT_EQ(one.count("HEAD " + cdn), 1u);
    }
}

TEST_F(PanoptoSite, DoesNotAskTheCdnWhereDownloadsAreOff) {
    http.answer(question,
                {.body = deliveryInfo(R"("IsDownloadAvailable":false,"PodcastStreams":[{"StreamUrl":")" +
                                      cdn + R"(","ViewerMediaFileTypeName":"mp4"}])")});
    EXPECT_FALSE(resolve());
    EXPECT_EQ(http.asked().size(), 1u);
}

TEST_F(PanoptoSite, LetsMediaRedirectAnywhereButToASignIn) {
    auto from = test::url(tenant + "/Panopto/Podcast/Download/" + recording + ".mp4");
    EXPECT_TRUE(site.judgeHop(page(), from, test::url(cdn + "?Signature=x")));
    EXPECT_TRUE(site.judgeHop(page(), from, test::url(tenant + "/Panopto/Podcast/Stream/x.mp4")));
    auto login =
        site.judgeHop(page(), from, test::url(tenant + "/panopto/pages/auth/LOGIN.aspx?ReturnUrl=x"));
    ASSERT_FALSE(login);
    EXPECT_EQ(login.error().kind, Kind::login_required);
    EXPECT_FALSE(site.judgeHop(page(), from, test::url("http://127.0.0.1/x.mp4")));
}

TEST_F(PanoptoSite, TakesMediaForMedia) {
    EXPECT_TRUE(judge(200, cdn, {{"Content-Type", "video/mp4"}}));
    EXPECT_TRUE(judge(206, cdn, {{"Content-Type", "audio/mp4"}}));
    EXPECT_TRUE(judge(200, cdn));
    EXPECT_TRUE(judge(200, cdn, {{"Content-Type", "application/octet-stream"}}));
    // What a whole file holds is judged by its bytes, whatever its type says.
    EXPECT_TRUE(judge(200, cdn, {{"Content-Type", "text/html"}}));
    EXPECT_TRUE(judge(416, cdn, {{"Content-Type", "text/html"}}));
}

TEST_F(PanoptoSite, JudgesEveryRefusalOfMedia) {
    const std::string podcast = tenant + "/Panopto/Podcast/Download/" + recording + ".mp4";
    struct Case {
        int status;
        std::string at, type;
        Kind kind;
        bool retryable;
    };
    const std::vector<Case> cases{
        {206, podcast, "text/html; charset=utf-8", Kind::login_required, false},
        {206, "https://idp.uni.example/login", "TEXT/HTML", Kind::login_required, false},
        {206, cdn, "text/html", Kind::login_required, false},
        {206, podcast, "text/plain", Kind::login_required, false},
        {206, podcast, "application/json", Kind::not_media, false},
        {401, podcast, "text/html", Kind::login_required, false},
        {403, podcast, "text/html; charset=utf-8", Kind::forbidden, false},
        {404, podcast, "text/html", Kind::not_found, false},
        {410, podcast, "", Kind::not_found, false},
        {400, podcast, "", Kind::forbidden, false},
        {400, cdn, "application/xml", Kind::forbidden, true},
        {403, cdn, "application/xml", Kind::forbidden, true},
        {404, cdn, "application/xml", Kind::forbidden, true},
        {410, cdn, "", Kind::forbidden, true},
        {429, podcast, "", Kind::rate_limited, true},
        {408, cdn, "", Kind::network, true},
        {425, cdn, "", Kind::network, true},
        {500, cdn, "text/html", Kind::network, true},
        {503, podcast, "text/html", Kind::network, true},
        {501, cdn, "", Kind::network, false},
        {204, cdn, "", Kind::network, false},
        {304, cdn, "", Kind::network, false},
    };
    for (const auto& one : cases) {
        auto judged = judge(one.status, one.at,
                            one.type.empty() ? std::vector<net::Header>{}
                                             : std::vector<net::Header>{{"content-type", one.type}});
        ASSERT_FALSE(judged) << one.status << " " << one.at;
        EXPECT_EQ(word(judged.error().kind), word(one.kind))
            << one.status << " " << one.at << " " << one.type;
        EXPECT_EQ(judged.error().retryable, one.retryable) << one.status << " " << one.at << " " << one.type;
    }
    EXPECT_EQ(judge(429, cdn, {{"Retry-After", "3"}}).error().retryAfterMs, 3000);
    EXPECT_EQ(judge(503, cdn, {{"Retry-After", "3"}}).error().retryAfterMs, 3000);
}

TEST_F(PanoptoSite, ExplainsARefusal) {
    const Error refused{.kind = Kind::forbidden, .message = "refused by the tenant"};
    const Error expired{.kind = Kind::forbidden, .message = "refused by the CDN", .retryable = true};
    const Error html{.kind = Kind::login_required, .message = "a page instead of media"};
    const auto pending = deliveryInfo(R"("IsAudioPodcastEncodeComplete":false)");
    struct Case {
        std::string name;
        Error refused;
        Answer answer;
        Kind kind;
    };
    const std::vector<Case> cases{
        {"logged out", refused, {.body = loggedOut}, Kind::login_required},
        {"a web page", refused, {.body = signInPage}, Kind::login_required},
        {"a redirect",
         refused,
         {.status = 302, .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx"}}},
         Kind::login_required},
        {"downloads off", refused, {.body = fine}, Kind::download_disabled},
        {"not encoded", refused, {.body = pending}, Kind::not_ready_yet},
        {"gone", refused, {.body = R"({"ErrorCode":1,"ErrorMessage":"Gone."})"}, Kind::not_found},
        {"HTML for media", html, {.body = fine}, Kind::login_required},
        {"an old signature", expired, {.body = fine}, Kind::forbidden},
        {"no answer", refused, {.status = 500}, Kind::network},
    };
    for (const auto& one : cases) {
        test::ScriptedClient client;
        client.answer(question, one.answer);
        auto what = page();
        auto why = test::runToEnd(site.explain(what, one.refused, {client, credentials, timing, {}}));
        EXPECT_EQ(word(why.kind), word(one.kind)) << one.name;
    }
    http.answer(question, {.body = fine});
    EXPECT_TRUE(explain(expired).retryable);
}

TEST(HighestBandwidth, IsZeroWhereThereIsNone) {
    EXPECT_EQ(highestBandwidth(""), 0u);
    EXPECT_EQ(highestBandwidth("#EXTM3U\n#EXTINF:4,\n00000.ts\n"), 0u);
    EXPECT_EQ(highestBandwidth("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=99999999999999999999999\nx"), 0u);
    EXPECT_EQ(highestBandwidth("#EXT-X-STREAM-INF:BANDWIDTH=5"), 5u);
}

}  // namespace
}  // namespace auricle::sites
