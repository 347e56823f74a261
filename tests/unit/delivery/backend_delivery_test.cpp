#include "delivery/backend_delivery.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "backend_delivery_fixture.h"
#include "delivery/tus.h"
#include "system/files.h"

namespace auricle::delivery {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using testing::Fault;
using ::testing::HasSubstr;
using ::testing::Not;
using What = Fault::What;

TEST_F(BackendDeliveryTest, registers_uploads_in_parts_and_completes) {
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(backend.methods(),
                ElementsAre("POST /api/lectures", "OPTIONS /files/1", "HEAD /files/1", "PATCH /files/1",
                            "PATCH /files/1", "PATCH /files/1", "POST /api/lectures/lecture-1/complete"));
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 2000, 2500));
    EXPECT_THAT(registered, ElementsAre("lecture-1"));
    const json told = json::parse(backend.seen.front().body);
    EXPECT_EQ(told,
              (json{{"course_id", "course-7"},
                    {"title", "Lecture 4"},
                    {"source_url", "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=49d05f87"},
                    {"site", "panopto"},
                    {"mime_type", "audio/mp4"},
                    {"duration_ms", 3'197'750},
                    {"size_bytes", 2500},
                    {"accepts", {"tus", "presigned", "multipart"}}}));
    EXPECT_EQ(backend.seen.front().headers.find("Idempotency-Key"), "key-1");
    for (const auto& one : backend.seen) {
        EXPECT_TRUE(one.http1) << one.method;
        EXPECT_EQ(one.authorization, "Bearer " + testing::canaryToken);
    }
}

TEST_F(BackendDeliveryTest, what_has_arrived_ahead_is_completed_and_nothing_is_asked_of_it) {
    const Parcel parcel = parcelOf(text(2500));
    BackendDelivery way = delivery();
    follow(way, parcel);
    expectDelivered(deliver(way, parcel), parcel);
    EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures/lecture-1/complete"));
}

TEST_F(BackendDeliveryTest, what_has_arrived_ahead_damaged_is_sent_again) {
    const Parcel parcel = parcelOf(text(2500));
    BackendDelivery way = delivery();
    follow(way, parcel);
    backend.uploads.begin()->second.bytes[0] ^= 4;
    expectDelivered(deliver(way, parcel), parcel);
    EXPECT_EQ(backend.count("PATCH"), 3u);
}

TEST_F(BackendDeliveryTest, what_has_arrived_ahead_of_another_file_is_not_taken_for_it) {
    const Parcel parcel = parcelOf(text(2500));
    BackendDelivery way = delivery();
    follow(way, parcel);
    Parcel other = parcelOf(text(1500));
    other.idempotencyKey = "key-2";
    ASSERT_TRUE(deliver(way, other));
    EXPECT_TRUE(backend.isReady("key-2"));
    EXPECT_FALSE(backend.isReady("key-1"));
}

TEST_F(BackendDeliveryTest, parts_grow_on_a_fast_link) {
    mostPartBytes = 4000;
    const Parcel parcel = parcelOf(text(12'000));
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 5000, 9000, 12'000));
}

TEST_F(BackendDeliveryTest, parts_are_small_again_after_one_that_broke_off) {
    mostPartBytes = 4000;
    const Parcel parcel = parcelOf(text(12'000));
    unsigned patches = 0;
    backend.chance = [&patches](const net::Request& request) -> std::optional<Fault> {
        if (request.method != "PATCH" || ++patches != 3) return std::nullopt;
        return Fault{.what = What::lost};
    };
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 5000, 5000, 6000, 10'000, 12'000));
}

TEST_F(BackendDeliveryTest, a_backend_that_takes_small_parts_alone_gets_them) {
    mostPartBytes = 4000;
    const Parcel parcel = parcelOf(text(3500));
    backend.chance = [](const net::Request& request) -> std::optional<Fault> {
        if (request.method != "PATCH" || request.source->size() <= partBytes) return std::nullopt;
        return Fault{.what = What::status, .status = 413};
    };
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 1000, 2000, 3000, 3500));
}

TEST_F(BackendDeliveryTest, a_part_takes_no_longer_than_twelve_seconds) {
    const Parcel parcel = parcelOf(text(12'000));
    std::chrono::steady_clock::time_point now{};
    // 250 bytes a second.
    backend.before = [&now](const net::Request& request) {
        if (request.method == "PATCH") now += std::chrono::milliseconds(4 * *request.source->size());
    };
    ASSERT_TRUE(deliver(parcelOf("x")));  // makes a place
    auto& place = backend.uploads.begin()->second;
    place = {.bytes = "", .length = parcel.bytes};
    const auto file = openFile(parcelOf(text(12'000)).file, O_RDONLY);
    ASSERT_TRUE(file);
    TusUpload upload({.file = file->get(),
                      .bytes = parcel.bytes,
                      .partBytes = partBytes,
                      .mostPartBytes = 100'000,
                      .uploaded = [this](std::uint64_t bytes) { uploaded.push_back(bytes); },
                      .worker = loop.get_executor(),
                      .now = [&now] { return now; }},
                     visit());
    uploaded.clear();
    auto url = vault::Secret::copyOf(testing::backendOrigin + backend.uploads.begin()->first);
    ASSERT_TRUE(run(upload.run(std::move(url))));
    // As much as goes up in twelve seconds.
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 4000, 7000, 10'000, 12'000));
}

TEST_F(BackendDeliveryTest, leaves_out_what_is_not_known) {
    Parcel parcel = parcelOf("x");
    parcel.durationMs = 0;
    parcel.title = "";
    BackendDelivery way(
        {.origin = *net::Url::parse(testing::backendOrigin), .courseId = "", .worker = loop.get_executor()});
    ASSERT_TRUE(run(way.deliver(
        parcel, visit(), [](std::uint64_t) {}, [](std::string) {})));
    const json told = json::parse(backend.seen.front().body);
    EXPECT_FALSE(told.contains("course_id"));
    EXPECT_FALSE(told.contains("duration_ms"));
    EXPECT_EQ(told.at("title"), "Recording");
}

TEST_F(BackendDeliveryTest, a_title_that_is_no_utf8_is_no_reason_to_fail) {
    Parcel parcel = parcelOf("x");
    parcel.title = "caf\xe9";
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(json::parse(backend.seen.front().body).at("title"), "caf\uFFFD");
}

TEST_F(BackendDeliveryTest, a_key_that_cannot_stand_in_a_header_is_sent_as_its_digest) {
    Parcel parcel = parcelOf("x");
    parcel.idempotencyKey = "a\r\nCookie: b";
    ASSERT_TRUE(deliver(parcel));
    EXPECT_EQ(backend.seen.front().headers.find("Idempotency-Key"), digestOf(parcel.idempotencyKey));
}

TEST_F(BackendDeliveryTest, repeating_it_finds_the_place_and_registers_nothing_anew) {
    const Parcel parcel = parcelOf(text(3500));
    backend.order("PATCH", {.what = What::less, .bytes = 700});
    backend.order("PATCH", {.what = What::status, .status = 401});
    ASSERT_EQ(deliver(parcel).error().kind, Kind::backend_unauthorized);
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 700, 700, 1700, 2700, 3500));
    EXPECT_THAT(registered, ElementsAre("lecture-1", "lecture-1"));
}

TEST_F(BackendDeliveryTest, a_lecture_that_is_ready_is_done_without_a_byte) {
    const Parcel parcel = parcelOf(text(2500));
    ASSERT_TRUE(deliver(parcel));
    backend.seen.clear();
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures"));
}

TEST_F(BackendDeliveryTest, a_ready_lecture_with_another_digest_is_not_called_confirmed) {
    backend.order(
        "POST",
        {.what = What::status, .status = 200, .body = R"({"id":"l","status":"ready","sha256":"00"})"});
    auto outcome = deliver(parcelOf("x"));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->confirmed);
}

TEST_F(BackendDeliveryTest, a_lecture_that_failed_before_gets_a_fresh_place) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::status, .status = 400});
    ASSERT_FALSE(deliver(parcel));
    BackendDelivery way = delivery();
    run(way.reportFailure("lecture-1", {.message = "It broke."}, visit()));
    EXPECT_EQ(backend.only().status, "failed");
    EXPECT_EQ(backend.only().error, "It broke.");
    expectDelivered(deliver(parcel), parcel);
}

TEST_F(BackendDeliveryTest, a_numeric_id_is_an_id) {
    backend.order("POST", {.what = What::status, .status = 200, .body = R"({"id":17,"status":"ready"})"});
    EXPECT_EQ(deliver(parcelOf("x"))->lecture, "17");
}

// BACKEND "complete": 409 digest_mismatch.

TEST_F(BackendDeliveryTest, a_digest_mismatch_is_sent_again_to_a_fresh_place) {
    const Parcel parcel = parcelOf(text(2500));
    backend.checksums = "";
    backend.order("PATCH", {.what = What::flip}, 2);
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(backend.uploads.size(), 1u);
    EXPECT_EQ(backend.only().upload, "/files/2");
}

TEST_F(BackendDeliveryTest, three_mismatches_are_a_rejection) {
    backend.checksums = "";
    backend.order("PATCH", {.what = What::flip}, 9);
    auto outcome = deliver(parcelOf(text(2500)));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_THAT(outcome.error().message, HasSubstr("was not what was sent"));
    EXPECT_EQ(backend.count("PATCH"), 9u);
}

TEST_F(BackendDeliveryTest, a_file_that_changed_on_this_disk_is_not_blamed_on_the_backend) {
    Parcel parcel = parcelOf(text(2500));
    write(parcel.file, std::string(2500, 'z'));
    auto outcome = deliver(parcel);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::internal);
    EXPECT_EQ(backend.uploads.size(), 1u);
    write(parcel.file, "short");
    backend.seen.clear();
    EXPECT_EQ(deliver(parcel).error().kind, Kind::internal);
    EXPECT_TRUE(backend.seen.empty());
}

TEST_F(BackendDeliveryTest, an_answer_that_does_not_confirm_is_no_success) {
    for (const char* body :
         {R"({"id":"lecture-1","status":"uploading"})", R"({"id":"other","status":"ready"})",
          R"({"id":"lecture-1","status":"ready","sha256":"00"})", "[]", ""}) {
        backend.rows.clear();
        backend.order("POST", {.what = What::lose});
        backend.order("POST", {.what = What::status, .status = 200, .body = body});
        auto outcome = deliver(parcelOf(text(10)));
        ASSERT_FALSE(outcome) << body;
        EXPECT_EQ(outcome.error().kind, Kind::upload_rejected) << body;
    }
}

// Answers to the registration.

TEST_F(BackendDeliveryTest, a_backend_without_that_interface_is_said_to_have_none) {
    backend.speaksLectures = false;
    auto outcome = deliver(parcelOf("x"));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_THAT(outcome.error().message, HasSubstr("does not know the interface"));
    EXPECT_EQ(refused("POST", 405).kind, Kind::upload_rejected);
}

TEST_F(BackendDeliveryTest, unauthorized_says_what_to_do) {
    for (const int status : {401, 403}) {
        const Error error = refused("POST", status, R"({"detail":"Token expired"})");
        EXPECT_EQ(error.kind, Kind::backend_unauthorized);
        EXPECT_EQ(error.message,
                  "Sign in to study.example.edu again or enter a new token in Auricle's settings. It says: "
                  "Token expired.");
        EXPECT_FALSE(error.retryable);
        backend.orders.clear();
    }
}

TEST_F(BackendDeliveryTest, a_sentence_that_echoes_the_token_is_left_out) {
    const Error error = refused("POST", 401, R"({"detail":"Bad token )" + testing::canaryToken + "\"}");
    EXPECT_THAT(error.message, Not(HasSubstr(testing::canaryToken)));
    EXPECT_THAT(error.message, Not(HasSubstr("It says")));
}

TEST_F(BackendDeliveryTest, the_backends_own_sentence_reaches_the_person) {
    const Error error = refused("POST", 422, R"({"detail":"The course\n is\u202e closed"})");
    EXPECT_EQ(error.kind, Kind::upload_rejected);
    EXPECT_THAT(error.message, HasSubstr("It says: The course is closed."));
}

TEST_F(BackendDeliveryTest, fastapis_list_becomes_one_readable_line) {
    const Error error =
        refused("POST", 422,
                R"({"detail":[{"loc":["body","title"],"msg":"Field required","type":"missing"},)"
                R"({"loc":["body","accepts",0],"msg":"Input should be a string"},7,{"x":1}]})");
    EXPECT_THAT(error.message, HasSubstr("It says: title: Field required; Input should be a string."));
}

TEST_F(BackendDeliveryTest, a_long_sentence_is_cut) {
    const Error error = refused("POST", 400, json{{"detail", std::string(100'000, 'x')}}.dump());
    EXPECT_LT(error.message.size(), 500u);
}

TEST_F(BackendDeliveryTest, other_refusals_are_rejections) {
    for (const int status : {400, 402, 406, 409, 412, 415, 418, 422, 501, 505}) {
        const Error error = refused("POST", status);
        EXPECT_EQ(error.kind, Kind::upload_rejected) << status;
        EXPECT_FALSE(error.retryable) << status;
        EXPECT_EQ(backend.count("POST"), 1u) << status;
        backend.orders.clear();
        backend.seen.clear();
    }
}

TEST_F(BackendDeliveryTest, too_large_tells_size_and_limit) {
    const Error error =
        refused("POST", 413, R"({"detail":"Maximum size is 100 MB"})", {{"Tus-Max-Size", "1048576"}});
    EXPECT_EQ(error.kind, Kind::too_large);
    EXPECT_EQ(error.sizeBytes, 2500u);
    EXPECT_EQ(error.limitBytes, 1048576u);
    EXPECT_THAT(error.message, HasSubstr("Maximum size is 100 MB."));
}

TEST_F(BackendDeliveryTest, what_may_pass_is_tried_again_and_then_handed_up_as_retryable) {
    for (const int status : {429, 500, 502, 503, 504}) {
        const Error error = refused("POST", status);
        EXPECT_TRUE(error.retryable) << status;
        EXPECT_EQ(error.kind, status == 429 ? Kind::rate_limited : Kind::network) << status;
        EXPECT_EQ(backend.count("POST"), 4u) << status;
        backend.orders.clear();
        backend.seen.clear();
    }
}

TEST_F(BackendDeliveryTest, retry_after_wins_over_the_backoff) {
    backend.order("POST", {.what = What::status, .status = 503, .headers = {{"Retry-After", "7"}}});
    ASSERT_TRUE(deliver(parcelOf("x")));
    EXPECT_THAT(pauses, ElementsAre(7000));
}

TEST_F(BackendDeliveryTest, a_redirect_is_not_followed) {
    const Error error = refused("POST", 302, "", {{"Location", "https://login.example.edu/"}});
    EXPECT_EQ(error.kind, Kind::upload_rejected);
    EXPECT_THAT(error.message, HasSubstr("redirect"));
}

TEST_F(BackendDeliveryTest, nonsense_in_place_of_a_lecture_is_named_for_what_it_is) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"<!doctype html><p>hi", "a web page"},
        {"not json", "no JSON object"},
        {"", "no JSON object"},
        {"[1]", "no JSON object"},
        {R"({"status":"uploading"})", "without giving its id"},
        {R"({"id":"","status":"uploading"})", "without giving its id"},
        {R"({"id":"..","status":"uploading"})", "without giving its id"},
        {R"({"id":"a b","status":"uploading"})", "without giving its id"},
        {R"({"id":{},"status":"uploading"})", "without giving its id"},
        {R"({"id":"l","upload":7})", "did not say how"},
        {R"({"id":"l","upload":{"protocol":"ftp","url":"https://study.example.edu/x"}})", "did not say how"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"/x","part_bytes":5,"parts":[]}})",
         "into which parts"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"/x","part_bytes":0,)"
         R"("parts":["https://s.example.com/secret-path"]}})",
         "into which parts"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"/x","part_bytes":5000,)"
         R"("parts":["http://s.example.com/secret-path"]}})",
         "no usable address"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"/x","part_bytes":5000,"parts":[7]}})",
         "no usable address"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"https://s.example.com/secret-path",)"
         R"("part_bytes":5000,"parts":["https://s.example.com/a"]}})",
         "not its own"},
        {R"({"id":"l","upload":{"protocol":"presigned","complete_url":"/x","part_bytes":1000,)"
         R"("parts":["https://s.example.com/secret-path"]}})",
         "another number of parts"},
        {R"({"id":"l","upload":{"protocol":"multipart","url":"https://evil.example.com/secret-path"}})",
         "not its own"},
        {R"({"id":"l","upload":{"protocol":"tus"}})", "no usable address"},
        {R"({"id":"l","upload":{"protocol":"tus","url":"http://study.example.edu/x"}})", "no usable address"},
        {R"({"id":"l","upload":{"protocol":"tus","url":"https://u:p@study.example.edu/x"}})",
         "no usable address"},
        {R"({"id":"l","upload":{"protocol":"tus","url":"https://evil.example.com/secret-path"}})",
         "not its own"},
        {R"({"id":"l","upload":{"protocol":"tus","url":"https://study.example.edu:444/secret-path"}})",
         "not its own"},
    };
    for (const auto& [body, part] : cases) {
        backend.orders.clear();
        backend.seen.clear();
        const Error error = refused("POST", 201, body);
        EXPECT_EQ(error.kind, Kind::upload_rejected) << body;
        EXPECT_THAT(error.message, HasSubstr(part)) << body;
        EXPECT_THAT(error.message, Not(HasSubstr("secret-path")));
        EXPECT_EQ(backend.seen.size(), 1u) << body;
    }
}

TEST_F(BackendDeliveryTest, a_success_that_is_none_of_ours_is_named) {
    EXPECT_THAT(refused("POST", 204).message, HasSubstr("status 204"));
}

TEST_F(BackendDeliveryTest, an_upload_address_may_be_relative) {
    backend.uploadOrigin = "";
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
}

// Which way: deliver.api and what the backend chooses.

TEST_F(BackendDeliveryTest, a_way_that_was_insisted_on_is_all_that_is_offered_and_all_that_is_taken) {
    for (const std::string api : {"tus", "presigned"}) {
        backend = {};
        backend.protocol = api;
        const Parcel parcel = parcelOf(text(2500));
        expectDelivered(deliver(parcel, api), parcel);
        EXPECT_EQ(json::parse(backend.seen.front().body).at("accepts"), json{api});
        backend = {};
        backend.protocol = api == "tus" ? "presigned" : "tus";
        const auto outcome = deliver(parcelOf(text(2500)), api);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
        EXPECT_THAT(outcome.error().message, HasSubstr("while it was offered '" + api + "'"));
        EXPECT_EQ(backend.seen.size(), 1u);
    }
}

TEST_F(BackendDeliveryTest, a_backend_without_lectures_is_sent_the_plain_form_where_any_way_is_welcome) {
    for (const int status : {404, 405}) {
        backend = {};
        backend.speaksForm = true;
        backend.order("POST", {.what = What::status, .status = status});
        auto outcome = deliver(parcelOf(text(2500)));
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->lecture, "form-1");
        EXPECT_FALSE(outcome->confirmed);
        EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures", "POST /api/lectures/audio",
                                                   "GET /api/lectures/form-1/status"));
    }
}

TEST_F(BackendDeliveryTest, no_other_answer_leads_to_the_plain_form) {
    for (const int status : {400, 401, 409, 410, 413, 415, 422, 500, 501}) {
        backend = {};
        backend.speaksForm = true;
        EXPECT_NE(refused("POST", status).message, "");
        for (const auto& line : backend.methods()) EXPECT_EQ(line, "POST /api/lectures") << status;
    }
}

TEST_F(BackendDeliveryTest, a_way_that_was_insisted_on_never_becomes_the_plain_form) {
    for (const char* api : {"tus", "presigned"}) {
        backend = {};
        backend.speaksForm = true;
        backend.speaksLectures = false;
        auto outcome = deliver(parcelOf("x"), api);
        ASSERT_FALSE(outcome);
        EXPECT_THAT(outcome.error().message, HasSubstr("does not know the interface"));
        EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures"));
    }
}

TEST_F(BackendDeliveryTest, the_plain_form_that_was_insisted_on_asks_for_nothing_else) {
    backend.speaksForm = true;
    ASSERT_TRUE(deliver(parcelOf("x"), "multipart"));
    EXPECT_EQ(backend.methods().front(), "POST /api/lectures/audio");
}

TEST_F(BackendDeliveryTest, a_registered_lecture_may_be_taken_as_a_form_and_is_confirmed_all_the_same) {
    backend.protocol = "multipart";
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(backend.methods(),
                ElementsAre("POST /api/lectures", "POST /files/1", "POST /api/lectures/lecture-1/complete"));
}

TEST_F(BackendDeliveryTest, a_forms_place_that_is_gone_is_asked_for_anew_twice_at_most) {
    backend.protocol = "multipart";
    unsigned left = 2;
    backend.chance = [&left](const net::Request& request) -> std::optional<Fault> {
        if (!request.url.path().starts_with("/files/") || left == 0) return std::nullopt;
        --left;
        return Fault{.what = What::status, .status = 410};
    };
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
    backend.rows.clear();
    left = 99;
    const auto outcome = deliver(parcelOf(text(2500)));
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, HasSubstr("again and again"));
}

TEST_F(BackendDeliveryTest, a_page_address_with_a_secret_place_in_it_is_not_sent) {
    for (const char* url :
         {"https://a:b@uni.example.edu/x", "https://uni.example.edu/x#token=1", "file:///etc/passwd", ""}) {
        Parcel parcel = parcelOf("x");
        parcel.sourceUrl = url;
        EXPECT_EQ(deliver(parcel).error().kind, Kind::internal) << url;
    }
    EXPECT_TRUE(backend.seen.empty());
}

// tus, SAFETY "Uploads".

TEST_F(BackendDeliveryTest, a_head_comes_before_the_next_part_after_any_error) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::lost});
    backend.order("PATCH", {.what = What::answerLost});
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(backend.methods(),
                ElementsAre("POST /api/lectures", "OPTIONS /files/1", "HEAD /files/1", "PATCH /files/1",
                            "HEAD /files/1", "PATCH /files/1", "HEAD /files/1", "PATCH /files/1",
                            "PATCH /files/1", "POST /api/lectures/lecture-1/complete"));
}

TEST_F(BackendDeliveryTest, a_part_that_was_kept_in_part_goes_on_from_there) {
    const Parcel parcel = parcelOf(text(2500));
    backend.checksums = "";
    backend.order("PATCH", {.what = What::cut, .bytes = 333});
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 333, 1333, 2333, 2500));
}

TEST_F(BackendDeliveryTest, a_lower_offset_is_accepted) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::raise, .bytes = 0});
    backend.order("PATCH", {.what = What::lost});
    backend.order("HEAD", {.what = What::raise, .bytes = 0});
    backend.order("HEAD", {.what = What::lose, .bytes = 600});
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 400, 1400, 2400, 2500));
}

TEST_F(BackendDeliveryTest, an_offset_above_our_size_is_refused) {
    for (const char* method : {"HEAD", "PATCH"}) {
        backend.orders.clear();
        backend.rows.clear();
        backend.order(method, {.what = What::raise, .bytes = 5000});
        const auto outcome = deliver(parcelOf(text(2500)));
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
        EXPECT_THAT(outcome.error().message, HasSubstr("more of the recording than there is"));
    }
}

TEST_F(BackendDeliveryTest, a_place_that_is_gone_is_asked_for_anew) {
    for (const int status : {404, 410}) {
        backend.rows.clear();
        const Parcel parcel = parcelOf(text(2500));
        backend.order("PATCH", {.what = What::lose});
        backend.order("PATCH", {.what = What::forget, .status = status});
        expectDelivered(deliver(parcel), parcel);
        EXPECT_TRUE(pauses.empty());
    }
}

TEST_F(BackendDeliveryTest, a_place_is_asked_for_anew_twice_at_most) {
    backend.order("HEAD", {.what = What::forget}, 9);
    const auto outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_EQ(backend.count("POST"), 3u);
    EXPECT_EQ(backend.rows.size(), 1u);
}

TEST_F(BackendDeliveryTest, a_lecture_that_vanished_is_said_to_have_vanished) {
    backend.before = [this](const net::Request& request) {
        if (request.method == "HEAD") backend.rows.clear(), backend.uploads.clear();
    };
    const auto outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_THAT(outcome.error().message, HasSubstr("no longer knows this lecture"));
}

TEST_F(BackendDeliveryTest, a_place_for_another_size_is_left_for_a_fresh_one) {
    Parcel first = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::status, .status = 401});
    ASSERT_FALSE(deliver(first));
    backend.uploads.begin()->second.length = 99;
    expectDelivered(deliver(first), first);
    EXPECT_EQ(backend.only().upload, "/files/2");
}

TEST_F(BackendDeliveryTest, locks_conflicts_and_faults_wait_and_ask) {
    for (const int status : {409, 423, 500, 503, 429}) {
        backend.rows.clear();
        pauses.clear();
        const Parcel parcel = parcelOf(text(2500));
        backend.order("PATCH", {.what = What::status, .status = status});
        backend.order("HEAD", {.what = What::lose});
        backend.order("HEAD", {.what = What::status, .status = status});
        expectDelivered(deliver(parcel), parcel);
        EXPECT_THAT(pauses, ElementsAre(500, 1000)) << status;
    }
}

TEST_F(BackendDeliveryTest, waiting_ends_after_so_many_failures_in_a_row) {
    for (const int status : {409, 423, 503}) {
        backend.rows.clear();
        backend.seen.clear();
        backend.orders.clear();
        const Error error = refused("PATCH", status);
        EXPECT_TRUE(error.retryable);
        EXPECT_EQ(backend.count("PATCH"), 4u);
        EXPECT_EQ(backend.patchesWithoutHead, 0u);
    }
}

TEST_F(BackendDeliveryTest, the_count_of_failures_starts_anew_when_bytes_arrived) {
    const Parcel parcel = parcelOf(text(9900));
    bool isFaulty = false;
    backend.chance = [&](const net::Request& request) -> std::optional<Fault> {
        if (request.method != "PATCH") return std::nullopt;
        isFaulty = !isFaulty;
        return isFaulty ? std::optional(Fault{.what = What::status, .status = 500}) : std::nullopt;
    };
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(pauses, std::vector<std::int64_t>(10, 500));
}

TEST_F(BackendDeliveryTest, a_server_that_forgets_what_it_had_cannot_keep_us_for_ever) {
    const Parcel parcel = parcelOf(text(5000));
    backend.chance = [&](const net::Request& request) -> std::optional<Fault> {
        if (request.method == "PATCH" && !backend.uploads.empty() &&
            backend.uploads.begin()->second.bytes.size() == 3000)
            return Fault{.what = What::lose, .bytes = 3000};
        return std::nullopt;
    };
    const auto outcome = deliver(parcel);
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().retryable);
    EXPECT_EQ(backend.patchesWithoutHead, 0u);
}

TEST_F(BackendDeliveryTest, a_damaged_part_is_sent_again) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::flip}, 3);
    expectDelivered(deliver(parcel), parcel);
    EXPECT_TRUE(pauses.empty());
    EXPECT_EQ(backend.count("PATCH"), 6u);
}

TEST_F(BackendDeliveryTest, a_damaged_part_is_sent_again_thrice_at_most) {
    backend.order("PATCH", {.what = What::flip}, 9);
    const auto outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_THAT(outcome.error().message, HasSubstr("damaged"));
    EXPECT_EQ(backend.count("PATCH"), 4u);
}

TEST_F(BackendDeliveryTest, an_unauthorized_upload_is_handed_up) {
    for (const char* method : {"HEAD", "PATCH"}) {
        backend.orders.clear();
        EXPECT_EQ(refused(method, 401).kind, Kind::backend_unauthorized);
    }
}

TEST_F(BackendDeliveryTest, what_is_final_ends_at_once) {
    for (const int status : {400, 412, 413, 415, 302}) {
        backend.orders.clear();
        backend.rows.clear();
        backend.seen.clear();
        const Error error = refused("PATCH", status);
        EXPECT_EQ(error.kind, status == 413 ? Kind::too_large : Kind::upload_rejected) << status;
        EXPECT_EQ(backend.count("PATCH"), 1u) << status;
    }
    EXPECT_TRUE(pauses.empty());
}

TEST_F(BackendDeliveryTest, an_uploads_address_never_stands_in_an_error) {
    const Error error = refused("PATCH", 400, R"({"detail":"Cannot write /files/1 now"})");
    EXPECT_THAT(error.message, Not(HasSubstr("/files/1")));
}

TEST_F(BackendDeliveryTest, answers_without_the_headers_of_tus_are_not_believed) {
    backend.order("HEAD", {.what = What::mute});
    auto outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_THAT(outcome.error().message, HasSubstr("does not speak tus"));
    backend.order("PATCH", {.what = What::mute});
    expectDelivered(deliver(parcelOf(text(2500))), parcelOf(text(2500)));
    backend.rows.clear();
    backend.chance = [](const net::Request& request) -> std::optional<Fault> {
        return request.method == "PATCH" ? std::optional(Fault{.what = What::less, .bytes = 0})
                                         : std::nullopt;
    };
    outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_TRUE(outcome.error().retryable);
}

TEST_F(BackendDeliveryTest, offsets_that_are_no_numbers_are_not_believed) {
    for (const char* offset : {"", "-1", "1x", "99999999999999999999", " 5"}) {
        backend.order("HEAD", {.what = What::status, .status = 200, .headers = {{"Upload-Offset", offset}}});
        EXPECT_EQ(deliver(parcelOf(text(10))).error().kind, Kind::upload_rejected) << offset;
    }
}

TEST_F(BackendDeliveryTest, the_best_checksum_that_is_offered_is_used) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"sha1,sha256", "sha256 "}, {"md5, sha1", "sha1 "}, {"md5", ""}, {"", ""}};
    for (const auto& [offered, used] : cases) {
        backend.rows.clear();
        backend.seen.clear();
        backend.checksums = offered;
        const Parcel parcel = parcelOf(text(100));
        expectDelivered(deliver(parcel), parcel);
        const auto patch = std::ranges::find(backend.seen, "PATCH", &testing::Seen::method);
        const std::string sum(patch->headers.find("Upload-Checksum").value_or(""));
        EXPECT_TRUE(used.empty() ? sum.empty() : sum.starts_with(used)) << offered;
    }
}

TEST_F(BackendDeliveryTest, a_server_that_answers_no_options_is_used_without_them) {
    backend.answersOptions = false;
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
    backend.rows.clear();
    backend.order("OPTIONS", {.what = What::lost});
    expectDelivered(deliver(parcel), parcel);
}

TEST_F(BackendDeliveryTest, a_limit_that_is_told_beforehand_costs_no_byte) {
    backend.maxSize = 2499;
    const auto outcome = deliver(parcelOf(text(2500)));
    EXPECT_EQ(outcome.error().kind, Kind::too_large);
    EXPECT_EQ(outcome.error().limitBytes, 2499u);
    EXPECT_EQ(outcome.error().sizeBytes, 2500u);
    EXPECT_EQ(backend.count("PATCH"), 0u);
}

TEST_F(BackendDeliveryTest, a_length_that_was_left_open_is_declared_once) {
    backend.defersLength = true;
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
}

// Stopping, reporting, discarding.

TEST_F(BackendDeliveryTest, stopping_ends_an_upload_and_it_goes_on_later) {
    const Parcel parcel = parcelOf(text(3500));
    backend.before = [this](const net::Request& request) {
        if (request.method == "PATCH" && backend.count("PATCH") == 2) stopping.request_stop();
    };
    EXPECT_EQ(deliver(parcel).error().kind, Kind::cancelled);
    stopping = std::stop_source();
    backend.before = {};
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(uploaded[3], 2000u);
}

TEST_F(BackendDeliveryTest, a_stop_during_the_registration_still_learns_the_id) {
    backend.chance = [this](const net::Request&) -> std::optional<Fault> {
        stopping.request_stop();
        return std::nullopt;
    };
    EXPECT_EQ(deliver(parcelOf("x")).error().kind, Kind::cancelled);
    EXPECT_THAT(registered, ElementsAre("lecture-1"));
    EXPECT_EQ(backend.rows.size(), 1u);
    EXPECT_LT(backend.seen.back().totalTimeoutMs, 500u);
}

TEST_F(BackendDeliveryTest, what_was_stopped_before_it_began_registers_nothing) {
    stopping.request_stop();
    EXPECT_EQ(deliver(parcelOf("x")).error().kind, Kind::cancelled);
    EXPECT_TRUE(backend.seen.empty());
}

TEST_F(BackendDeliveryTest, discarding_leaves_nothing_there_even_when_stopped) {
    backend.order("PATCH", {.what = What::status, .status = 400});
    ASSERT_FALSE(deliver(parcelOf(text(2500))));
    stopping.request_stop();
    BackendDelivery way = delivery();
    run(way.discard("lecture-1", visit()));
    EXPECT_TRUE(backend.rows.empty());
    EXPECT_TRUE(backend.uploads.empty());
}

TEST_F(BackendDeliveryTest, reporting_and_discarding_are_one_short_try_that_never_fails) {
    backend.order("PATCH", {.what = What::lost}, 9);
    backend.order("DELETE", {.what = What::status, .status = 503}, 9);
    BackendDelivery way = delivery();
    run(way.reportFailure("lecture-1", {.message = "x"}, visit()));
    run(way.discard("lecture-1", visit()));
    EXPECT_EQ(backend.seen.size(), 2u);
    for (const auto& one : backend.seen) EXPECT_EQ(one.totalTimeoutMs, 5000u);
    run(way.reportFailure("", {.message = "x"}, visit()));
    run(way.discard("", visit()));
    EXPECT_EQ(backend.seen.size(), 2u);
}

TEST_F(BackendDeliveryTest, an_id_cannot_lead_to_another_path) {
    BackendDelivery way = delivery();
    run(way.discard("a/../../admin?x#y", visit()));
    EXPECT_EQ(backend.seen.at(0).path, "/api/lectures/a%2F..%2F..%2Fadmin%3Fx%23y");
}

TEST_F(BackendDeliveryTest, brings_captions_to_a_backend_that_takes_them_before_the_lecture_is_complete) {
    backend.acceptsCaptions = true;
    const Parcel parcel = parcelWithCaptions(text(2500), Captions{.language = "en-GB", .srt = "1\n…"});
    auto outcome = deliver(parcel);
    expectDelivered(outcome, parcel);
    EXPECT_EQ(outcome->captions, "en-GB");
    EXPECT_EQ(backend.only().captions, (std::map<std::string, std::string>{{"en-GB", "1\n…"}}));
    const auto methods = backend.methods();
    const auto at = [&](const std::string& what) { return std::ranges::find(methods, what); };
    ASSERT_NE(at("POST /api/lectures/lecture-1/captions"), methods.end());
    EXPECT_LT(at("POST /api/lectures/lecture-1/captions"), at("POST /api/lectures/lecture-1/complete"));
    const auto sent =
        std::ranges::find(backend.seen, "/api/lectures/lecture-1/captions", &testing::Seen::path);
    EXPECT_EQ(sent->headers.find("content-type"), "application/x-subrip; charset=utf-8");
    EXPECT_EQ(sent->headers.find("content-language"), "en-GB");
}

TEST_F(BackendDeliveryTest, asks_for_no_captions_where_the_backend_does_not_take_them) {
    const Parcel parcel = parcelWithCaptions(text(2500), Captions{.language = "en-GB", .srt = "1\n…"});
    auto outcome = deliver(parcel);
    expectDelivered(outcome, parcel);
    EXPECT_EQ(outcome->captions, "");
    EXPECT_EQ(askedForCaptions, 0u);
}

TEST_F(BackendDeliveryTest, delivers_the_sound_though_its_captions_are_refused) {
    backend.acceptsCaptions = true;
    backend.chance = [](const net::Request& request) -> std::optional<Fault> {
        if (!request.url.path().ends_with("/captions")) return std::nullopt;
        return Fault{.what = What::status, .status = 503};
    };
    const Parcel parcel = parcelWithCaptions(text(2500), Captions{.language = "en-GB", .srt = "1\n…"});
    auto outcome = deliver(parcel);
    expectDelivered(outcome, parcel);
    EXPECT_EQ(outcome->captions, "");
    EXPECT_EQ(std::ranges::count(backend.methods(), "POST /api/lectures/lecture-1/captions"), 1);
}

}  // namespace
}  // namespace auricle::delivery
