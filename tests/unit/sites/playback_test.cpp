#include "sites/playback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/credentials.h"
#include "playback_server.h"
#include "sites/sealed_way.h"
#include "system/wiping_memory.h"
#include "tests/unit/streams/fake_site.h"
#include "tests/unit/vault/memory.h"
#include "vault/vault.h"

namespace {

using namespace auricle;
using Answer = test::PlaybackServer::Answer;
using test::mp3Segment;
using test::PlaybackServer;
using testing::Each;
using testing::HasSubstr;

constexpr unsigned count = 50;
const std::string keyPost = "POST /api/v1/key", sessionPost = "POST /api/v1/session",
                  sessionDelete = "DELETE /api/v1/session", refreshPost = "POST /api/v1/session/refresh";
constexpr std::int64_t quarterHourMs = 15 * 60 * 1000;

/// A capture from the fake server, with the program's own credentials and vault.
class PlaybackTest : public testing::Test {
  protected:
    PlaybackTest() {
        for (unsigned i = 0; i < count; ++i) server.segments.push_back(mp3Segment(i, 3 + i % 5));
    }

    std::string whole() const {
        std::string all;
        for (const auto& segment : server.segments) all += segment;
        return all;
    }
    sites::Visit visit() {
        return {.http = server,
                .credentials = credentials,
                .timing = timing_,
                .stop = stop.get_token(),
                .worker = loop.get_executor()};
    }
    template <class T>
    T await(boost::asio::awaitable<T> work) {
        std::optional<T> outcome;
        boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr fault, T value) {
            if (fault) std::rethrow_exception(fault);
            outcome = std::move(value);
        });
        loop.restart();
        loop.run();
        return std::move(*outcome);
    }
    Result<sites::Plan> resolve() { return await(site.resolve(page, visit())); }
    Result<void> fetch(const streams::Way& way) {
        streams::Visit with{
            .http = server,
            .credentials = &credentials,
            .timing = timing_,
            .judgeHop = {},
            .judgeHead = [this](const net::ResponseHead& head) { return site.judgeMedia(page, head); },
            .worker = loop.get_executor(),
            .stop = stop.get_token()};
        return await(way.fetch(with, target, [](std::uint64_t, std::uint64_t) {}));
    }
    Result<void> capture() {
        auto plan = resolve();
        if (!plan) return std::unexpected(plan.error());
        return fetch(*plan->ways.front());
    }
    Error errorOfCapture() {
        auto outcome = capture();
        return outcome ? Error{.kind = Kind::internal, .message = "it succeeded"} : outcome.error();
    }
    /// The first so many times that `what` is asked, this is the answer.
    void failing(const std::string& what, unsigned from, unsigned times, Answer answer) {
        server.fault = [=](const std::string& asked, unsigned before) -> std::optional<Answer> {
            if (asked != what || before < from || before >= from + times) return std::nullopt;
            return answer;
        };
    }
    /// When the keys of the first segments have been given, and no more.
    void afterFirstKeys(std::function<void()> action) {
        server.onRequest = [this, action, isDone = false](const std::string& what) mutable {
            if (what == keyPost && server.count(keyPost) == 2 && !std::exchange(isDone, true)) action();
        };
    }

    boost::asio::io_context loop;
    PlaybackServer server;
    vault::Vault vault{{{.site = "playback", .login = {{"login"}}, .helpful = {}}},
                       vault::Vault::realClocks()};
    capture::SiteCredentials credentials{
        vault, {"playback", server.origin, "0"}, true, {std::string(sites::playbackSessionCookie)}};
    sites::Playback site{{.origins = {server.origin}}};
    sites::Page page = *site.recognise(*net::Url::parse(server.origin + "/watch/vid_1?t=3"));
    test::MemoryTarget target;
    std::stop_source stop;
    /// Pauses but the quarter hours of a session take no time; those take as long as the capture.
    std::vector<std::int64_t> pauses;
    bool isQuarterHourOver = false;

  private:
    net::Timing timing_{.sleep = [this](std::chrono::milliseconds pause,
                                        std::stop_token token) -> boost::asio::awaitable<Result<void>> {
                            pauses.push_back(pause.count());
                            auto executor = co_await boost::asio::this_coro::executor;
                            auto isOver = [&] {
                                return pause.count() != quarterHourMs ||
                                       std::exchange(isQuarterHourOver, false);
                            };
                            while (!token.stop_requested() && !isOver())
                                co_await boost::asio::post(executor, boost::asio::use_awaitable);
                            if (token.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
                            co_return Result<void>{};
                        },
                        .chance = [] { return 0.5; }};
};

TEST_F(PlaybackTest, knows_pages_of_configured_origins_alone) {
    auto knows = [this](std::string_view text) { return site.recognise(*net::Url::parse(text)).has_value(); };
    EXPECT_TRUE(knows("https://play.uni.example/watch/vid_1"));
    EXPECT_TRUE(knows("https://play.uni.example/watch/A-z_09?list=4"));
    EXPECT_FALSE(knows("https://play.uni.example/watch/"));
    EXPECT_FALSE(knows("https://play.uni.example/watch/a/b"));
    EXPECT_FALSE(knows("https://play.uni.example/watch/a%20b"));
    EXPECT_FALSE(knows("https://play.uni.example/watch/" + std::string(65, 'a')));
    EXPECT_FALSE(knows("https://play.uni.example/browse/vid_1"));
    EXPECT_FALSE(knows("https://play.uni.example:8443/watch/vid_1"));
    EXPECT_FALSE(knows("https://other.example/watch/vid_1"));
    EXPECT_FALSE(sites::Playback({}).recognise(*net::Url::parse("https://play.uni.example/watch/vid_1")));
    EXPECT_EQ(page.url.text(), "https://play.uni.example/watch/vid_1") << "nothing of the query is kept";
    EXPECT_EQ(page.id, "vid_1");
    EXPECT_EQ(page.origin, server.origin);
}

TEST_F(PlaybackTest, plans_without_a_session) {
    const auto plan = resolve();
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->about.title, "Lecture 4");
    EXPECT_EQ(plan->about.durationMs, count * 4000u);
    ASSERT_EQ(plan->ways.size(), 1u);
    EXPECT_EQ(plan->ways.front()->how(), "sealed-segments");
    EXPECT_EQ(plan->ways.front()->bytes(), whole().size() + 16 * count);
    EXPECT_EQ(server.count(sessionPost), 0u);
}

TEST_F(PlaybackTest, takes_the_smallest_rendition_that_has_sound) {
    auto manifest = nlohmann::json::parse(server.manifest());
    auto& list = manifest["renditions"];
    auto silent = list[0], large = list[0];
    silent["hasAudio"] = false;
    silent["bandwidth"] = 10;
    large["name"] = "720p";
    large["bandwidth"] = 2'000'000;
    large["segments"][0]["bytes"] = 9'000'000;
    list = nlohmann::json::array({large, list[0], silent});
    failing("GET /api/v1/videos/vid_1/manifest", 0, 1, {.body = manifest.dump()});
    const auto plan = resolve();
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->ways.size(), 2u);
    EXPECT_LT(plan->ways[0]->bytes(), plan->ways[1]->bytes());
    EXPECT_EQ(plan->ways[0]->wholeBytes(), plan->ways[1]->bytes());
    ASSERT_TRUE(fetch(*plan->ways[0])) << "its keys are asked for by the name 180p";
}

TEST_F(PlaybackTest, refuses_a_video_without_sound_or_without_a_description) {
    failing("GET /api/v1/videos/vid_1/manifest", 0, 1, {.body = server.manifest(false)});
    EXPECT_EQ(resolve().error().kind, Kind::not_media);
    for (const auto* text :
         {"{}", "[]", "no json", R"({"version":2})", R"({"version":1,"renditions":[]})",
          R"({"version":1,"renditions":[{"name":"a","hasAudio":true,"segments":[]}]})",
          R"({"version":1,"renditions":[{"name":"a","segments":[{"segIdx":1,"url":"x"}]}]})",
          R"({"version":1,"renditions":[{"name":"a","segments":[{"segIdx":0,"url":""}]}]})",
          R"({"version":1,"renditions":[{"segments":[{"segIdx":0,"url":"x"}]}]})"}) {
        const auto read = sites::readPlaybackManifest(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind, Kind::not_media) << text;
    }
    EXPECT_EQ(sites::readPlaybackManifest("<!DOCTYPE html><p>Sign in").error().kind, Kind::login_required);
}

TEST_F(PlaybackTest, captures_every_segment_in_order_with_one_session) {
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
    EXPECT_EQ(target.place, count);
    EXPECT_EQ(server.count(sessionPost), 1u);
    EXPECT_EQ(server.count(keyPost), 3u) << "twenty keys at once";
    EXPECT_EQ(server.count(sessionDelete), 1u);
    EXPECT_EQ(server.openSessions(), 0u);
}

TEST_F(PlaybackTest, asks_for_a_single_key_by_its_own_question) {
    server.segments.resize(21);
    ASSERT_TRUE(capture());
    EXPECT_EQ(server.count(keyPost), 1u);
    EXPECT_EQ(server.count("GET /api/v1/key"), 1u);
    EXPECT_TRUE(target.bytes == whole());
}

TEST_F(PlaybackTest, opens_keys_that_are_wrapped_as_rfc_3394_has_it) {
    server.wrapsByRfc3394 = true;
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
}

TEST_F(PlaybackTest, asks_for_no_key_long_before_it_is_needed) {
    server.segments.clear();
    for (unsigned i = 0; i < 400; ++i) server.segments.push_back(mp3Segment(i));
    std::size_t mostAhead = 0;
    server.onRequest = [&](const std::string& what) {
        if (what == keyPost)
            mostAhead = std::max(mostAhead, server.count(keyPost) * 20 - server.segmentsAsked);
    };
    ASSERT_TRUE(capture());
    EXPECT_EQ(server.count(keyPost), 20u);
    EXPECT_LE(mostAhead, 70u) << "two batches, the one that is asked for, and what waits for its key";
}

TEST_F(PlaybackTest, prolongs_its_session_every_quarter_of_an_hour) {
    afterFirstKeys([this] { isQuarterHourOver = true; });
    ASSERT_TRUE(capture());
    EXPECT_EQ(server.count(refreshPost), 1u);
    EXPECT_EQ(server.count(sessionPost), 1u);
    EXPECT_THAT(pauses, Each(quarterHourMs));
    EXPECT_TRUE(target.bytes == whole());
}

TEST_F(PlaybackTest, goes_on_with_another_session_when_one_has_expired) {
    afterFirstKeys([this] { server.expireSessions(); });
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
    EXPECT_EQ(server.count(refreshPost), 1u) << "tried first";
    EXPECT_EQ(server.count(sessionPost), 2u);
}

TEST_F(PlaybackTest, goes_on_with_its_session_when_prolonging_it_was_enough) {
    failing(keyPost, 1, 1, PlaybackServer::refusal(401, "Session expired"));
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
    EXPECT_EQ(server.count(refreshPost), 1u);
    EXPECT_EQ(server.count(sessionPost), 1u);
}

TEST_F(PlaybackTest, goes_on_with_another_session_when_one_was_revoked_or_forgotten) {
    afterFirstKeys([this] { server.forgetSessions(); });
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
    EXPECT_EQ(server.count(sessionPost), 2u);
    EXPECT_EQ(server.openSessions(), 0u);
}

TEST_F(PlaybackTest, waits_for_a_server_that_is_started_anew) {
    server.fault = [this](const std::string& what, unsigned before) -> std::optional<Answer> {
        if (what != keyPost || before == 0 || before > 3) return std::nullopt;
        server.forgetSessions();
        return Answer{.status = 0};
    };
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
}

TEST_F(PlaybackTest, waits_as_long_as_the_server_asks_it_to) {
    failing(keyPost, 1, 2,
            {.status = 429, .body = R"({"error":"Too many key requests"})", .retryAfter = "7"});
    ASSERT_TRUE(capture());
    EXPECT_EQ(std::ranges::count(pauses, 7000), 2);
    EXPECT_TRUE(target.bytes == whole());
}

struct Refused {
    const char* what;
    int status;
    const char* words;
    Kind kind;
    const char* sentence;
};

class PlaybackRefusal : public PlaybackTest, public testing::WithParamInterface<Refused> {};

TEST_P(PlaybackRefusal, is_told_and_leaves_nothing_behind) {
    const auto& refused = GetParam();
    failing(refused.what, 0, 1000, PlaybackServer::refusal(refused.status, refused.words));
    const auto error = errorOfCapture();
    EXPECT_EQ(error.kind, refused.kind) << word(error.kind) << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr(refused.sentence));
    EXPECT_EQ(target.size(), 0u);
    // One that the server says is over needs no ending.
    if (error.kind != Kind::login_required) {
        EXPECT_EQ(server.openSessions(), 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Of, PlaybackRefusal,
    testing::Values(
        Refused{"GET /api/v1/videos/vid_1/manifest", 404, "Video not found", Kind::not_found, "this video"},
        Refused{"GET /api/v1/videos/vid_1/manifest", 401, "Sign in", Kind::login_required, "Sign in there"},
        Refused{"GET /api/v1/videos/vid_1/manifest", 403, "No", Kind::forbidden, "403"},
        Refused{"POST /api/v1/session", 400, "Missing required fields: videoId, clientPubKey", Kind::network,
                "Missing required fields"},
        Refused{"POST /api/v1/session", 401, "Sign in", Kind::login_required, "Sign in there"},
        Refused{"POST /api/v1/session", 302, "", Kind::login_required, "Sign in there"},
        Refused{"POST /api/v1/session", 403, "Cross-site request refused", Kind::forbidden, "Cross-site"},
        Refused{"POST /api/v1/session", 404, "Video not found", Kind::not_found, "Video not found"},
        Refused{"POST /api/v1/session", 500, "", Kind::network, "status 500"},
        Refused{"POST /api/v1/key", 400, "segIndices must contain 1-20 segment indices", Kind::network,
                "segIndices must"},
        Refused{"POST /api/v1/key", 401, "Session expired", Kind::login_required, "ends every session"},
        Refused{"POST /api/v1/key", 404, "Session not found", Kind::login_required, "ends every session"},
        Refused{"POST /api/v1/key", 403, "Session is not authorized for this video", Kind::forbidden,
                "not authorized"},
        Refused{"POST /api/v1/key", 403, "Session is bound to another address", Kind::forbidden, "address"},
        Refused{"POST /api/v1/key", 404, "Rendition 180p not found", Kind::not_found, "Rendition 180p"},
        Refused{"POST /api/v1/key", 404, "Segment 0 not found in rendition 180p", Kind::not_found,
                "Segment 0"},
        Refused{"POST /api/v1/key", 429, "Too many key requests", Kind::rate_limited, "fewer requests"},
        Refused{"POST /api/v1/key", 500, "Failed to retrieve key", Kind::network, "status 500"},
        Refused{"GET /media/0", 404, "", Kind::not_found, "Segment 1 of 50"},
        Refused{"GET /media/0", 403, "", Kind::forbidden, "Segment 1 of 50"}));

TEST_F(PlaybackTest, writes_nothing_of_a_forged_segment_and_keeps_what_came_before) {
    server.tamper = [](std::size_t index, test::Bytes& sealed) {
        if (index == 30) sealed[5] ^= std::byte{1};
    };
    const auto error = errorOfCapture();
    EXPECT_EQ(error.kind, Kind::bad_seal);
    EXPECT_FALSE(error.retryable);
    EXPECT_THAT(error.message, HasSubstr("Segment 31 of 50"));
    EXPECT_TRUE(target.bytes == whole().substr(0, target.size()));
    EXPECT_EQ(target.place, 30u);
    EXPECT_EQ(server.openSessions(), 0u);
}

TEST_F(PlaybackTest, writes_nothing_of_a_segment_with_a_wrong_tag_or_without_one) {
    server.tamper = [](std::size_t index, test::Bytes& sealed) {
        if (index == 0) sealed.back() ^= std::byte{1};
    };
    EXPECT_EQ(errorOfCapture().kind, Kind::bad_seal);
    EXPECT_EQ(target.size(), 0u);
    server.tamper = [](std::size_t index, test::Bytes& sealed) {
        if (index == 0) sealed.resize(15);
    };
    EXPECT_EQ(errorOfCapture().kind, Kind::bad_seal);
    EXPECT_EQ(target.size(), 0u);
}

TEST_F(PlaybackTest, writes_nothing_with_the_keys_of_another_video) {
    server.keysOf = "vid_2";
    EXPECT_EQ(errorOfCapture().kind, Kind::bad_seal);
    EXPECT_EQ(target.size(), 0u);
}

TEST_F(PlaybackTest, writes_nothing_with_keys_of_a_wrong_length) {
    for (std::size_t size : {24u, 32u}) {
        for (bool wraps : {false, true}) {
            server.dekBytes = size;
            server.wrapsByRfc3394 = wraps;
            const auto error = errorOfCapture();
            EXPECT_EQ(error.kind, Kind::bad_seal);
            EXPECT_THAT(error.message, HasSubstr("16 bytes"));
            EXPECT_EQ(target.size(), 0u);
            EXPECT_EQ(server.openSessions(), 0u);
        }
    }
}

TEST_F(PlaybackTest, takes_no_answer_for_keys_that_leaves_one_out_or_gives_one_twice) {
    for (const auto* body : {R"({"keys":[]})", R"({"keys":{}})", R"({"keys":[1,2]})", "[]", "", "{}"}) {
        failing(keyPost, 0, 1000, {.body = body});
        EXPECT_EQ(errorOfCapture().kind, Kind::network) << body;
        EXPECT_EQ(target.size(), 0u);
    }
    std::string twice = R"({"keys":[)";
    for (int i = 0; i < 20; ++i)
        twice += std::string(i ? "," : "") + R"({"segIdx":0,"wrappedDek":"","segmentIv":""})";
    failing(keyPost, 0, 1000, {.body = twice + "]}"});
    EXPECT_EQ(errorOfCapture().kind, Kind::bad_seal) << "the first of them has no key";
}

TEST_F(PlaybackTest, goes_on_at_its_cursor_after_a_restart) {
    for (unsigned stoppedAt : {1u, 19u, 20u, 21u, 49u}) {
        target = {};
        server.tamper = [&](std::size_t index, test::Bytes& sealed) {
            if (index == stoppedAt) sealed.clear();
        };
        ASSERT_FALSE(capture());
        ASSERT_EQ(target.place, stoppedAt);
        target.restart();
        server.tamper = [](std::size_t, test::Bytes&) {};
        server.bodies.clear();
        ASSERT_TRUE(capture());
        EXPECT_TRUE(target.bytes == whole()) << stoppedAt;
        EXPECT_EQ(target.resumed, 1);
        for (const auto& body : server.bodies)
            EXPECT_THAT(body, testing::Not(HasSubstr(R"("segIndices":[0,)"))) << "no key is asked for twice";
    }
}

TEST_F(PlaybackTest, ends_its_session_soon_when_it_is_stopped) {
    afterFirstKeys([this] { stop.request_stop(); });
    EXPECT_EQ(errorOfCapture().kind, Kind::cancelled);
    EXPECT_EQ(server.count(sessionDelete), 1u);
    EXPECT_EQ(server.openSessions(), 0u);
    EXPECT_LT(server.endedWithinMs, 400u) << "the host has half a second to end";
}

TEST_F(PlaybackTest, gives_up_waiting_for_the_server_when_it_is_stopped) {
    server.fault = [this](const std::string& what, unsigned) -> std::optional<Answer> {
        if (what != keyPost) return std::nullopt;
        stop.request_stop();
        return Answer{.status = 429, .retryAfter = "3600"};
    };
    EXPECT_EQ(errorOfCapture().kind, Kind::cancelled);
    EXPECT_EQ(server.openSessions(), 0u);
}

#ifndef AURICLE_SANITIZED
TEST_F(PlaybackTest, leaves_no_key_and_no_cookie_in_memory) {
    ASSERT_TRUE(activateWipingMemory());
    const test::Canary token;
    server.newToken = [&token](unsigned) {
        std::string text(token.size(), '.');
        token.writeTo(text.data());
        return text;
    };
    std::vector<test::Canary> keys;
    for (std::size_t i = 0; i < count; i += 7)
        keys.push_back(test::Canary::of(server.dekOf("vid_1", i).reveal()));
    std::optional<test::Canary> kek;
    std::size_t tokensBefore = 0, keksBefore = 0;
    afterFirstKeys([&] {
        kek = test::Canary::of(server.kek().reveal());
        tokensBefore = token.copiesInMemory();
        keksBefore = kek->copiesInMemory();
    });
    ASSERT_TRUE(capture());
    EXPECT_GE(tokensBefore, 2u) << "the server's own, and that of the jar";
    EXPECT_GE(keksBefore, 2u) << "the server's own, and the session's";
    for (const auto& key : keys) EXPECT_EQ(key.copiesInMemory(), 0u);
    EXPECT_EQ(kek->copiesInMemory(), 0u);
    EXPECT_EQ(token.copiesInMemory(), 0u);
}
#endif

TEST_F(PlaybackTest, sends_the_persons_own_cookies_along_where_there_are_some) {
    ASSERT_TRUE(vault.put(vault::Secret::copyOf(
        R"({"kind":"cookies","site":"playback","origin":"https://play.uni.example","store":"0","cookies":[)"
        R"({"name":"login","domain":"play.uni.example","path":"/","secure":true,"value":"me"}]})")));
    ASSERT_TRUE(capture());
    EXPECT_TRUE(target.bytes == whole());
    EXPECT_EQ(vault.status().front().uses, 4u) << "three questions for keys, and the end of the session";
}

}  // namespace
