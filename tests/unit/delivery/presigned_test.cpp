#include "delivery/presigned.h"

#include <gmock/gmock.h>

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "delivery/backend_delivery.h"
#include "delivery_test_support.h"
#include "fake_backend.h"

namespace auricle::delivery {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using testing::Fault;
using ::testing::HasSubstr;
using ::testing::Not;
using What = Fault::What;

class PresignedTest : public testing::DeliveryTest {
  protected:
    PresignedTest() { backend.protocol = "presigned"; }

    Result<Delivered> deliver(const Parcel& parcel, net::HttpClient* http = nullptr) {
        BackendDelivery way({.origin = *net::Url::parse(testing::backendOrigin),
                             .courseId = "",
                             .worker = loop.get_executor(),
                             .policy = {.attempts = 4}});
        return run(way.deliver(
            parcel,
            {.http = http ? *http : backend,
             .credentials = credentials,
             .timing = timing,
             .stop = stopping.get_token()},
            [this](std::uint64_t bytes) { uploaded.push_back(bytes); },
            [this](std::string id) { registered.push_back(std::move(id)); }));
    }
    static std::string text(std::size_t bytes) {
        std::string out;
        for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>('a' + (i * 7 + i / 256) % 26);
        return out;
    }
    void expectDelivered(const Result<Delivered>& outcome, const Parcel& parcel) {
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_TRUE(outcome->confirmed);
        EXPECT_EQ(backend.only().status, "ready");
        EXPECT_EQ(digestOf(backend.uploadOf(backend.only()).bytes), parcel.sha256);
    }
    Error refusedPart(int status, const std::string& body = "") {
        backend.rows.clear();
        backend.orders.clear();
        backend.seen.clear();
        backend.order("PUT", {.what = What::status, .status = status, .body = body}, 99);
        auto outcome = deliver(parcelOf(text(2500)));
        EXPECT_FALSE(outcome) << status;
        return outcome ? Error{} : outcome.error();
    }

    testing::FakeBackend backend;
    std::vector<std::uint64_t> uploaded;
    std::vector<std::string> registered;
};

TEST_F(PresignedTest, uploads_every_part_joins_them_and_has_the_digest_confirmed) {
    const Parcel parcel = parcelOf(text(2500));
    expectDelivered(deliver(parcel), parcel);
    EXPECT_THAT(backend.methods(),
                ElementsAre("POST /api/lectures", "PUT /files/1/1", "PUT /files/1/2", "PUT /files/1/3",
                            "POST /api/lectures/lecture-1/parts", "POST /api/lectures/lecture-1/complete"));
    EXPECT_EQ(backend.seen[3].body.size(), 500u);
    EXPECT_THAT(uploaded, ElementsAre(0, 1000, 2000, 2500));
    EXPECT_EQ(json::parse(backend.seen[4].body),
              json::parse(R"({"parts":[{"number":1,"etag":"\"etag-1\""},{"number":2,"etag":"\"etag-2\""},)"
                          R"({"number":3,"etag":"\"etag-3\""}]})"));
}

TEST_F(PresignedTest, parts_carry_no_credentials_and_joining_them_does) {
    ASSERT_TRUE(deliver(parcelOf(text(2500))));
    for (const auto& one : backend.seen) {
        EXPECT_EQ(one.hasCredentials, one.origin == testing::backendOrigin) << one.path;
        EXPECT_EQ(one.headers.find("Authorization"), std::nullopt);
        EXPECT_EQ(one.headers.find("Content-Type") == std::nullopt, one.method == "PUT");
        EXPECT_TRUE(one.http1);
    }
}

TEST_F(PresignedTest, parts_of_the_backends_own_origin_carry_none_either) {
    backend.storeOrigin = testing::backendOrigin + ":9000";
    ASSERT_TRUE(deliver(parcelOf(text(2500))));
    for (const auto& one : backend.seen) EXPECT_EQ(one.hasCredentials, one.method != "PUT");
}

TEST_F(PresignedTest, a_part_is_repeated_by_itself) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PUT", {.what = What::lost});
    backend.order("PUT", {.what = What::status, .status = 503, .headers = {{"Retry-After", "9"}}});
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(backend.count("PUT"), 5u);
    EXPECT_THAT(pauses, ::testing::Contains(9000));
    EXPECT_EQ(backend.uploads.size(), 1u);
}

TEST_F(PresignedTest, an_expired_or_lost_place_is_asked_for_anew_and_filled_from_the_beginning) {
    for (const int status : {403, 401, 404, 410}) {
        backend.rows.clear();
        backend.uploads.clear();
        uploaded.clear();
        const Parcel parcel = parcelOf(text(2500));
        backend.order("PUT", {.what = What::status, .status = status});
        expectDelivered(deliver(parcel), parcel);
        EXPECT_EQ(uploaded.back(), 2500u);
    }
}

TEST_F(PresignedTest, addresses_that_are_always_expired_are_a_rejection_and_no_matter_of_the_token) {
    const Error error = refusedPart(403);
    EXPECT_EQ(error.kind, Kind::upload_rejected);
    EXPECT_THAT(error.message, HasSubstr("again and again"));
    EXPECT_EQ(std::ranges::count(backend.methods(), "POST /api/lectures/lecture-1/upload"), 2);
}

TEST_F(PresignedTest, what_a_store_refuses_for_good_is_told_without_its_words) {
    for (const int status : {400, 411, 412, 415, 501}) {
        const Error error = refusedPart(status, R"({"detail":"s1gned"})");
        EXPECT_EQ(error.kind, Kind::upload_rejected) << status;
        EXPECT_THAT(error.message, HasSubstr("store.example.com")) << status;
        EXPECT_THAT(error.message, Not(HasSubstr("s1gned"))) << status;
        EXPECT_THAT(error.message, Not(HasSubstr("/files/"))) << status;
    }
    EXPECT_EQ(refusedPart(413).kind, Kind::too_large);
    EXPECT_EQ(refusedPart(307).kind, Kind::upload_rejected);
    EXPECT_TRUE(refusedPart(500).retryable);
}

TEST_F(PresignedTest, a_part_without_an_etag_is_not_stored) {
    const Error error = refusedPart(200);
    EXPECT_EQ(error.kind, Kind::upload_rejected);
    EXPECT_THAT(error.message, HasSubstr("without an ETag"));
}

TEST_F(PresignedTest, joining_is_repeated_and_a_place_that_is_gone_then_is_asked_for_anew) {
    const Parcel parcel = parcelOf(text(2500));
    std::deque<int> answers{503, 404, 502};
    backend.chance = [&answers](const net::Request& request) -> std::optional<Fault> {
        if (!request.url.path().ends_with("/parts") || answers.empty()) return std::nullopt;
        const int status = answers.front();
        answers.pop_front();
        return Fault{.what = What::status, .status = status};
    };
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(backend.count("PUT"), 6u);
}

TEST_F(PresignedTest, joining_that_is_refused_says_why) {
    for (const auto& [status, kind] :
         {std::pair(401, Kind::backend_unauthorized), std::pair(400, Kind::upload_rejected)}) {
        backend.rows.clear();
        backend.chance = [status](const net::Request& request) -> std::optional<Fault> {
            if (!request.url.path().ends_with("/parts")) return std::nullopt;
            return Fault{.what = What::status, .status = status, .body = R"({"detail":"Parts are missing"})"};
        };
        auto outcome = deliver(parcelOf(text(2500)));
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, kind);
        EXPECT_THAT(outcome.error().message, HasSubstr("Parts are missing."));
    }
}

TEST_F(PresignedTest, a_digest_mismatch_is_sent_again_to_a_fresh_place_twice_at_most) {
    const Parcel parcel = parcelOf(text(2500));
    unsigned left = 2;
    backend.chance = [this, &left](const net::Request& request) -> std::optional<Fault> {
        if (!request.url.path().ends_with("/complete") || left == 0) return std::nullopt;
        --left;
        for (auto& [path, upload] : backend.uploads) upload.bytes[0] ^= 1;
        return std::nullopt;
    };
    expectDelivered(deliver(parcel), parcel);
    EXPECT_EQ(backend.count("PUT"), 9u);
    backend.rows.clear();
    left = 99;
    EXPECT_THAT(deliver(parcelOf(text(2500))).error().message, HasSubstr("was not what was sent"));
}

/// Holds every PUT until there is nothing else to do, so that those under way at once can be counted.
struct Crowded final : net::HttpClient {
    explicit Crowded(testing::FakeBackend& behind, boost::asio::io_context& on) : backend(behind), loop(on) {}
    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override {
        if (request.method != "PUT") co_return co_await backend.send(std::move(request));
        most = std::max(most, ++underWay);
        boost::asio::steady_timer pause(loop, std::chrono::milliseconds(1));
        co_await pause.async_wait(boost::asio::use_awaitable);
        --underWay;
        if (onPut) onPut();
        co_return co_await backend.send(std::move(request));
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink&) override {
        co_return co_await send(std::move(request));
    }
    testing::FakeBackend& backend;
    boost::asio::io_context& loop;
    std::function<void()> onPut;
    unsigned underWay = 0, most = 0;
};

TEST_F(PresignedTest, four_parts_are_under_way_at_once_and_no_more) {
    Crowded crowd(backend, loop);
    const Parcel parcel = parcelOf(text(10'500));
    expectDelivered(deliver(parcel, &crowd), parcel);
    EXPECT_EQ(crowd.most, 4u);
    EXPECT_EQ(backend.count("PUT"), 11u);
}

TEST_F(PresignedTest, stopping_ends_all_parts_and_takes_no_other) {
    Crowded crowd(backend, loop);
    crowd.onPut = [this] { stopping.request_stop(); };
    EXPECT_EQ(deliver(parcelOf(text(10'500)), &crowd).error().kind, Kind::cancelled);
    EXPECT_EQ(backend.count("PUT"), 0u);
    EXPECT_EQ(crowd.underWay, 0u);
    EXPECT_THAT(registered, ElementsAre("lecture-1"));
}

TEST_F(PresignedTest, the_first_part_that_fails_for_good_ends_the_others) {
    Crowded crowd(backend, loop);
    backend.order("PUT", {.what = What::status, .status = 400});
    const auto outcome = deliver(parcelOf(text(20'500)), &crowd);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::upload_rejected);
    EXPECT_LE(backend.count("PUT"), 4u);
}

}  // namespace
}  // namespace auricle::delivery
