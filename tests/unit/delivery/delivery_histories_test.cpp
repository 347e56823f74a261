// 200 histories of random faults, of what is whole and of what is followed.
#include <gmock/gmock.h>

#include <random>

#include "backend_delivery_fixture.h"

namespace auricle::delivery {
namespace {

using testing::Fault;
using ::testing::HasSubstr;
using ::testing::Not;
using What = Fault::What;

struct Histories : FollowingTest, ::testing::WithParamInterface<unsigned> {
    void expectTyped(const Error& error) {
        constexpr Kind expected[] = {Kind::network, Kind::upload_rejected, Kind::backend_unauthorized,
                                     Kind::too_large, Kind::rate_limited};
        EXPECT_NE(std::ranges::find(expected, error.kind), std::end(expected)) << word(error.kind);
        EXPECT_THAT(error.message, Not(HasSubstr("/files/")));
        EXPECT_THAT(error.message, Not(HasSubstr(testing::canaryToken)));
    }
    /// What it says to be there is there, once.
    void expectHonest(const Result<Delivered>& outcome, const Parcel& parcel) {
        EXPECT_LE(backend.rows.size(), 1u);
        EXPECT_EQ(backend.patchesWithoutHead, 0u);
        if (!outcome) return;
        EXPECT_TRUE(outcome->confirmed);
        ASSERT_TRUE(backend.isReady("key-1"));
        EXPECT_EQ(backend.only().sha256, parcel.sha256);
    }
};

std::optional<Fault> randomFault(std::mt19937& random, const net::Request& request, double rate) {
    if (std::uniform_real_distribution<>(0, 1)(random) >= rate) return std::nullopt;
    constexpr int statuses[] = {400, 401, 403, 404, 408, 409, 410, 413, 423,
                                429, 460, 500, 502, 503, 504, 302, 200};
    constexpr What inTransit[] = {What::lost, What::answerLost, What::cut,   What::flip,       What::less,
                                  What::lose, What::forget,     What::raise, What::flipStored, What::mute};
    Fault fault;
    fault.bytes = random() % 1500;
    if (random() % 4 == 0) {
        fault.status = statuses[random() % std::size(statuses)];
        if (random() % 2) fault.headers = {{"Retry-After", "1"}};
        if (random() % 2) fault.body = "<html>";
        return fault;
    }
    fault.what = inTransit[random() % std::size(inTransit)];
    fault.status = random() % 2 ? 404 : 410;
    const bool isUpload = request.url.path().starts_with("/files/");
    if (!isUpload) fault.what = random() % 2 ? What::lost : What::answerLost;
    if (isUpload && request.method == "HEAD" && (fault.what == What::cut)) fault.what = What::lost;
    return fault;
}

TEST_P(Histories, end_with_the_right_bytes_or_a_typed_error) {
    std::mt19937 random(GetParam());
    const Parcel parcel = parcelOf(text(random() % 12'000 + 1));
    const double rate = 0.05 + 0.4 * static_cast<double>(GetParam() % 8) / 8;
    backend.checksums = random() % 2 ? "sha256" : "";
    backend.chance = [&](const net::Request& request) { return randomFault(random, request, rate); };
    Result<Delivered> outcome = fail(Kind::internal, "");
    for (int start = 0; start < 4 && !outcome; ++start) {
        outcome = deliver(parcel);
        if (!outcome) expectTyped(outcome.error());
    }
    expectHonest(outcome, parcel);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Histories, ::testing::Range(0u, 200u));

struct FollowedHistories : Histories {};

TEST_P(FollowedHistories, end_with_the_right_bytes_or_a_typed_error) {
    std::mt19937 random(GetParam());
    const Parcel parcel = parcelOf(text(random() % 12'000 + 1));
    const double rate = 0.05 + 0.4 * static_cast<double>(GetParam() % 8) / 8;
    backend.checksums = random() % 2 ? "sha256" : "";
    limits.bytes = random() % 2 ? 64u << 20 : 1500;
    backend.chance = [&](const net::Request& request) { return randomFault(random, request, rate); };
    Result<Delivered> outcome = fail(Kind::internal, "");
    BackendDelivery way = delivery();
    followGrowing(way, parcel);
    for (int start = 0; start < 4 && !outcome; ++start) {
        outcome = deliver(way, parcel);
        if (!outcome) expectTyped(outcome.error());
    }
    expectHonest(outcome, parcel);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FollowedHistories, ::testing::Range(0u, 200u));

}  // namespace
}  // namespace auricle::delivery
