// Deliveries behind a download.
#include <gmock/gmock.h>

#include "backend_delivery_fixture.h"

namespace auricle::delivery {
namespace {

using ::testing::ElementsAre;
using testing::Fault;
using What = Fault::What;

TEST_F(FollowingTest, one_request_carries_what_comes_in_pieces_and_nothing_is_asked_before_it) {
    const Parcel parcel = parcelOf(text(2500));
    BackendDelivery way = delivery();
    followGrowing(way, parcel);
    EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures", "PATCH /files/1"));
    EXPECT_EQ(streams(), 1u);
    EXPECT_EQ(backend.seen.back().headers.find("Upload-Checksum"), std::nullopt);
    EXPECT_TRUE(std::ranges::is_sorted(uploaded));
    EXPECT_EQ(uploaded.back(), 2500u);
    expectDelivered(deliver(way, parcel), parcel);
    EXPECT_EQ(backend.count("PATCH"), 1u);
    EXPECT_EQ(backend.seen.back().path, "/api/lectures/lecture-1/complete");
}

TEST_F(FollowingTest, a_file_of_unknown_size_goes_up_in_one_request_too) {
    const Parcel parcel = parcelOf(text(2500));
    BackendDelivery way = delivery();
    followGrowing(way, parcel, false);
    EXPECT_EQ(backend.count("PATCH"), 1u);
    EXPECT_EQ(streams(), 1u);
    EXPECT_EQ(arrived(), text(2500));
}

TEST_F(FollowingTest, what_falls_silent_ends_its_request_and_another_begins) {
    const Parcel parcel = parcelOf(text(2500));
    limits.silence = std::chrono::milliseconds(1);
    testing::GrowingFile growing(loop, 700, 2500);
    backend.after = [&](const net::Request& request) {
        if (request.method == "PATCH" && growing.safeBytes() < 2500) growing.grow(1800);
    };
    BackendDelivery way = delivery();
    run(way.follow(
        parcel, growing, visit(), [](std::uint64_t) {}, [](std::string) {}));
    EXPECT_EQ(streams(), 2u);
    EXPECT_EQ(backend.count("HEAD"), 0u);
    EXPECT_EQ(arrived(), text(2500));
}

TEST_F(FollowingTest, a_backend_that_takes_no_body_of_unknown_length_gets_parts_and_is_not_asked_again) {
    for (const int status : {400, 405, 411, 413, 460, 500, 501, 502, 302}) {
        backend.rows.clear();
        backend.seen.clear();
        const Parcel parcel = parcelOf(text(3500));
        backend.chance = [status](const net::Request& request) -> std::optional<Fault> {
            if (!request.source || request.source->size()) return std::nullopt;
            return Fault{.what = What::status, .status = status};
        };
        BackendDelivery way = delivery();
        followGrowing(way, parcel);
        EXPECT_EQ(streams(), 1u) << status;
        EXPECT_EQ(arrived(), text(3500)) << status;
        const auto part = std::ranges::find_if(
            backend.seen, [](const auto& one) { return one.method == "PATCH" && !one.isStream; });
        ASSERT_NE(part, backend.seen.end()) << status;
        EXPECT_NE(part->headers.find("Upload-Checksum"), std::nullopt);
        backend.rows.clear();
        followGrowing(way, parcel);
        EXPECT_EQ(streams(), 1u) << status;
        EXPECT_EQ(backend.patchesWithoutHead, 0u);
    }
}

TEST_F(FollowingTest, a_refusal_that_has_nothing_to_do_with_it_does_not_end_it) {
    for (const int status : {409, 423, 429, 408}) {
        backend.rows.clear();
        backend.seen.clear();
        const Parcel parcel = parcelOf(text(2500));
        backend.order("PATCH", {.what = What::status, .status = status});
        BackendDelivery way = delivery();
        followGrowing(way, parcel);
        EXPECT_EQ(streams(), 2u) << status;
        EXPECT_EQ(arrived(), text(2500)) << status;
    }
}

TEST_F(FollowingTest, what_breaks_in_the_middle_goes_on_where_the_backend_stands) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::cut, .bytes = 900});
    BackendDelivery way = delivery();
    followGrowing(way, parcel);
    EXPECT_EQ(streams(), 2u);
    EXPECT_EQ(backend.seen.back().headers.find("Upload-Offset"), "900");
    EXPECT_EQ(arrived(), text(2500));
    EXPECT_EQ(backend.patchesWithoutHead, 0u);
    expectDelivered(deliver(way, parcel), parcel);
}

struct FollowingInParts : FollowingTest, ::testing::WithParamInterface<What> {};

TEST_P(FollowingInParts, comes_after_a_stream_of_which_nothing_is_kept_or_nobody_says_how_much) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = GetParam()});
    BackendDelivery way = delivery();
    followGrowing(way, parcel);
    EXPECT_EQ(streams(), 1u);
    EXPECT_EQ(arrived(), text(2500));
}

INSTANTIATE_TEST_SUITE_P(Ends, FollowingInParts, ::testing::Values(What::lost, What::mute));

TEST_F(FollowingTest, a_place_that_is_not_new_is_asked_what_it_has) {
    const Parcel parcel = parcelOf(text(2500));
    backend.order("PATCH", {.what = What::less, .bytes = 700});
    backend.order("PATCH", {.what = What::status, .status = 401});
    BackendDelivery first = delivery();
    followGrowing(first, parcel);
    EXPECT_EQ(arrived().size(), 700u);
    backend.seen.clear();
    BackendDelivery second = delivery();
    followGrowing(second, parcel);
    EXPECT_THAT(backend.methods(), ElementsAre("POST /api/lectures", "HEAD /files/1", "PATCH /files/1"));
    EXPECT_EQ(arrived(), text(2500));
}

TEST_F(FollowingTest, approaching_asks_for_the_backends_health_and_nothing_else) {
    BackendDelivery way = delivery();
    run(way.approach(visit()));
    EXPECT_THAT(backend.methods(), ElementsAre("GET /api/health"));
    BackendDelivery form = delivery("multipart");
    run(form.approach(visit()));
    EXPECT_EQ(backend.seen.size(), 1u);
    EXPECT_TRUE(backend.rows.empty());
}

}  // namespace
}  // namespace auricle::delivery
