#include "delivery/plain_form.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "delivery/backend_delivery.h"
#include "delivery_test_support.h"
#include "fake_backend.h"

namespace auricle::delivery {
namespace {

using nlohmann::json;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Fault;
using ::testing::HasSubstr;
using ::testing::Not;
using What = Fault::What;

class PlainFormTest : public testing::DeliveryTest {
  protected:
    PlainFormTest() {
        backend.speaksForm = true;
        backend.speaksLectures = false;
    }
    Result<Delivered> deliver(const Parcel& parcel, std::string courseId = "course-7") {
        BackendDelivery way({.origin = *net::Url::parse(testing::backendOrigin),
                             .courseId = std::move(courseId),
                             .api = "multipart",
                             .worker = loop.get_executor(),
                             .followStatusMs = followMs,
                             .policy = {.attempts = 4}});
        return run(way.deliver(
            parcel,
            {.http = backend, .credentials = credentials, .timing = timing, .stop = stopping.get_token()},
            [this](std::uint64_t bytes) { uploaded.push_back(bytes); },
            [this](std::string id) { registered.push_back(std::move(id)); }));
    }
    Error refused(int status, const std::string& body = "", std::vector<net::Header> headers = {},
                  std::string courseId = "course-7") {
        backend.orders.clear();
        backend.seen.clear();
        backend.order("POST", {.what = What::status, .status = status, .body = body, .headers = headers}, 20);
        auto outcome = deliver(parcelOf(std::string(2500, 's')), std::move(courseId));
        EXPECT_FALSE(outcome) << status;
        EXPECT_TRUE(std::filesystem::exists(folder / "part"));
        return outcome ? Error{} : outcome.error();
    }
    static std::string detail(const std::string& sentence) { return json{{"detail", sentence}}.dump(); }
    json metadata() const {
        const std::string& body = backend.seen.front().body;
        const auto begin = body.find('{');
        return json::parse(body.substr(begin, body.find("\r\n", begin) - begin));
    }

    testing::FakeBackend backend;
    std::uint64_t followMs = 10'000;
    std::vector<std::uint64_t> uploaded;
    std::vector<std::string> registered;
};

TEST_F(PlainFormTest, sends_the_file_with_what_it_is_and_is_done_with_an_id_but_not_confirmed) {
    const Parcel parcel = parcelOf(std::string(2500, 's'));
    auto outcome = deliver(parcel);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->lecture, "form-1");
    EXPECT_FALSE(outcome->confirmed);
    EXPECT_EQ(outcome->created, true);
    EXPECT_THAT(registered, ElementsAre("form-1"));
    EXPECT_EQ(uploaded.back(), 2500u);
    const auto& asked = backend.seen.front();
    EXPECT_EQ(asked.method + " " + asked.path, "POST /api/lectures/audio");
    EXPECT_TRUE(asked.http1);
    EXPECT_TRUE(asked.expectsContinue);
    EXPECT_EQ(asked.authorization, "Bearer " + testing::canaryToken);
    EXPECT_THAT(asked.body,
                HasSubstr("name=\"audio\"; filename=\"49d05f87.m4a\"\r\nContent-Type: audio/mp4"));
    EXPECT_EQ(metadata(),
              (json{{"session_id", "49d05f87"},
                    {"course_id", "course-7"},
                    {"title", "Lecture 4"},
                    {"duration", 3197.75},
                    {"source_url", "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=49d05f87"}}));
}

TEST_F(PlainFormTest, the_file_is_named_for_what_it_really_is) {
    Parcel parcel = parcelOf("x");
    parcel.extension = "mp3";
    parcel.mime = "audio/mpeg";
    ASSERT_TRUE(deliver(parcel));
    EXPECT_THAT(backend.seen.front().body,
                HasSubstr("filename=\"49d05f87.mp3\"\r\nContent-Type: audio/mpeg\r\n"));
}

TEST_F(PlainFormTest, leaves_out_what_is_not_known) {
    Parcel parcel = parcelOf("x");
    parcel.durationMs = 0;
    parcel.title = "";
    parcel.stableId = "";
    ASSERT_TRUE(deliver(parcel, ""));
    EXPECT_EQ(metadata(),
              (json{{"session_id", "key-1"}, {"title", "Recording"}, {"source_url", parcel.sourceUrl}}));
}

TEST_F(PlainFormTest, a_recording_that_was_there_already_is_told) {
    backend.formAnswer = R"({"lecture_id":17,"status":"completed","created":false})";
    auto outcome = deliver(parcelOf("x"));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->lecture, "17");
    EXPECT_EQ(outcome->created, false);
    backend.formAnswer = R"({"id":"b"})";
    outcome = deliver(parcelOf("x"));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->lecture, "b");
    EXPECT_EQ(outcome->created, std::nullopt);
}

TEST_F(PlainFormTest, a_success_without_an_id_is_none) {
    for (const char* body : {"{}", "[]", "", R"({"lecture_id":""})", "<!doctype html>"}) {
        backend.formAnswer = body;
        auto outcome = deliver(parcelOf("x"));
        ASSERT_FALSE(outcome) << body;
        EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    }
    EXPECT_TRUE(registered.empty());
}

// Refusals, SITES part B.

TEST_F(PlainFormTest, every_refusal_of_the_form_is_said_in_the_backends_words) {
    const std::vector<std::tuple<int, std::string, Kind>> cases{
        {400, "Invalid metadata: title is blank", Kind::upload_rejected},
        {400, "Audio file must have a filename", Kind::upload_rejected},
        {400, "Invalid audio content type: text/html", Kind::upload_rejected},
        {401, "Authentication required", Kind::backend_unauthorized},
        {403, "Token is missing a user identifier", Kind::backend_unauthorized},
        {409, "Already being processed", Kind::upload_rejected},
        {413, "Audio file too large. Maximum size is 100 MB", Kind::too_large},
        {415, "Unsupported media type", Kind::upload_rejected},
        {422, "Unprocessable", Kind::upload_rejected},
    };
    for (const auto& [status, words, kind] : cases) {
        const Error error = refused(status, detail(words));
        EXPECT_EQ(error.kind, kind) << status;
        EXPECT_FALSE(error.retryable) << status;
        EXPECT_THAT(error.message, HasSubstr("It says: " + words + ".")) << status;
        EXPECT_EQ(backend.count("POST"), 1u) << status;
    }
}

TEST_F(PlainFormTest, fastapis_list_becomes_a_sentence) {
    const Error error = refused(
        422, R"({"detail":[{"type":"missing","loc":["body","audio"],"msg":"Field required","input":null},)"
             R"({"type":"missing","loc":["body","metadata"],"msg":"Field required","input":null}]})");
    EXPECT_THAT(error.message, HasSubstr("It says: audio: Field required; metadata: Field required."));
}

TEST_F(PlainFormTest, another_frameworks_error_is_understood_too) {
    EXPECT_THAT(refused(400, R"({"error":"file is required"})").message, HasSubstr("file is required."));
}

TEST_F(PlainFormTest, too_large_tells_the_size_and_the_limit) {
    const Error error = refused(413, detail("Audio file too large. Maximum size is 100 MB"));
    EXPECT_EQ(error.sizeBytes, 2500u);
    EXPECT_EQ(error.limitBytes, 104'857'600u);
    EXPECT_THAT(error.message, HasSubstr("The recording (0.1 MB) is larger than the backend "));
    EXPECT_EQ(refused(413, detail("File size exceeds maximum of 1.5GiB")).limitBytes, 1'610'612'736u);
    EXPECT_EQ(refused(413, detail("At most 12 minutes, 20 megabytes")).limitBytes, std::nullopt);
    EXPECT_EQ(refused(413, "<html>nginx</html>").limitBytes, std::nullopt);
}

TEST_F(PlainFormTest, a_missing_course_is_said_to_be_chosen) {
    const std::string list =
        R"({"detail":[{"type":"missing","loc":["body","course_id"],"msg":"Field required"}]})";
    for (const auto& [status, body] : std::vector<std::pair<int, std::string>>{
             {400, detail("Invalid metadata: course_id: Field required")},
             {422, list},
             {404, detail("Course not found")}}) {
        const Error error = refused(status, body, {}, "");
        EXPECT_EQ(error.kind, Kind::upload_rejected);
        EXPECT_THAT(error.message, HasSubstr("Choose a course")) << status;
        EXPECT_THAT(error.message, HasSubstr("It says: ")) << status;
    }
    EXPECT_THAT(refused(400, detail("Invalid metadata: title is blank")).message,
                Not(HasSubstr("Choose a course")));
}

TEST_F(PlainFormTest, a_backend_that_has_no_form_is_said_to_have_none) {
    for (const int status : {404, 405})
        EXPECT_THAT(refused(status, detail("Not Found")).message, HasSubstr("does not know the interface"));
}

TEST_F(PlainFormTest, what_may_pass_is_sent_from_the_first_byte_again) {
    for (const int status : {429, 500, 502, 503}) {
        backend.orders.clear();
        backend.seen.clear();
        backend.order("POST", {.what = What::status, .status = status, .headers = {{"Retry-After", "3"}}}, 2);
        pauses.clear();
        ASSERT_TRUE(deliver(parcelOf(std::string(2500, 's'))));
        EXPECT_EQ(backend.count("POST"), 3u);
        EXPECT_THAT(pauses, ElementsAre(3000, 3000));
        EXPECT_EQ(backend.seen[0].body, backend.seen[2].body);
    }
    const Error error = refused(503);
    EXPECT_TRUE(error.retryable);
    EXPECT_EQ(backend.count("POST"), 4u);
}

TEST_F(PlainFormTest, a_broken_connection_is_tried_again) {
    backend.order("POST", {.what = What::lost}, 3);
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_EQ(backend.count("POST"), 4u);
}

TEST_F(PlainFormTest, a_token_that_is_echoed_is_left_out) {
    EXPECT_THAT(refused(401, detail("Bad token " + testing::canaryToken)).message,
                Not(HasSubstr(testing::canaryToken)));
}

// What becomes of it afterwards.

TEST_F(PlainFormTest, the_status_is_followed_until_it_is_completed) {
    backend.standings = {{200, R"({"status":"pending"})"},
                         {200, R"({"status":"downloading"})"},
                         {503, ""},
                         {200, R"({"status":"completed"})"}};
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_EQ(backend.count("GET"), 4u);
    EXPECT_THAT(pauses, ElementsAre(1000, 2000, 4000));
    EXPECT_EQ(backend.seen[1].path, "/api/lectures/form-1/status");
}

TEST_F(PlainFormTest, a_lecture_that_vanishes_has_failed) {
    for (const int status : {404, 410}) {
        backend.standings = {{200, R"({"status":"pending"})"}, {status, detail("Lecture not found")}};
        auto outcome = deliver(parcelOf("x"));
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
        EXPECT_THAT(outcome.error().message, HasSubstr("took the file but could not process it"));
    }
}

TEST_F(PlainFormTest, a_lecture_that_failed_says_why) {
    backend.standings = {{200, R"({"status":"failed","error_message":"No speech was found"})"}};
    EXPECT_THAT(deliver(parcelOf("x")).error().message, HasSubstr("It says: No speech was found."));
}

TEST_F(PlainFormTest, a_backend_without_a_status_is_not_asked_twice_and_has_the_recording) {
    for (const auto& standing : std::vector<std::pair<int, std::string>>{
             {404, R"({"detail":"Not Found"})"}, {405, ""}, {401, ""}, {200, "<html>"}, {200, "{}"}}) {
        backend.standings = {standing};
        backend.seen.clear();
        EXPECT_TRUE(deliver(parcelOf("x"))) << standing.first;
        EXPECT_EQ(backend.count("GET"), 1u);
    }
}

TEST_F(PlainFormTest, a_backend_that_takes_its_time_is_not_waited_for_beyond_the_bound) {
    backend.standings = {{200, R"({"status":"pending"})"}};
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_THAT(pauses, ElementsAre(1000, 2000, 4000, 3000));
    pauses.clear();
    followMs = 0;
    backend.seen.clear();
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_EQ(backend.count("GET"), 0u);
}

TEST_F(PlainFormTest, a_connection_that_breaks_while_it_is_followed_is_no_failure) {
    backend.order("GET", {.what = What::lost}, 99);
    followMs = 60'000;
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_EQ(backend.count("POST"), 1u);
    EXPECT_LE(backend.count("GET"), 6u);
}

TEST_F(PlainFormTest, what_an_earlier_attempt_sent_is_not_sent_again_while_the_backend_has_it) {
    Parcel parcel = parcelOf("x");
    parcel.lecture = "form-9";
    for (const char* status : {"pending", "completed"}) {
        backend.standings = {{200, std::string(R"({"status":")") + status + "\"}"},
                             {200, R"({"status":"completed"})"}};
        auto outcome = deliver(parcel);
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->lecture, "form-9");
        EXPECT_EQ(backend.count("POST"), 0u);
    }
    for (const auto& standing : std::vector<std::pair<int, std::string>>{
             {404, detail("Lecture not found")}, {200, R"({"status":"failed"})"}, {500, ""}}) {
        backend.seen.clear();
        backend.standings = {standing, {200, R"({"status":"completed"})"}};
        ASSERT_TRUE(deliver(parcel)) << standing.first;
        EXPECT_EQ(backend.count("POST"), 1u) << standing.first;
    }
}

TEST_F(PlainFormTest, stopping_ends_it_wherever_it_is) {
    backend.standings = {{200, R"({"status":"pending"})"}};
    for (const unsigned after : {1u, 2u, 3u}) {
        stopping = {};
        backend.before = [this, after, asked = 0u](const net::Request&) mutable {
            if (++asked == after) stopping.request_stop();
        };
        EXPECT_EQ(deliver(parcelOf("x")).error().kind, Kind::cancelled) << after;
    }
}

}  // namespace
}  // namespace auricle::delivery
