// Deliveries to a backend of a test's own: what is sent, and what came of it.
#pragma once

#include <gtest/gtest.h>

#include "delivery/backend_delivery.h"
#include "delivery_test_support.h"
#include "fake_backend.h"
#include "growing_file.h"

namespace auricle::delivery {

/// A file that has stopped growing.
class WholeAlready final : public Growing {
  public:
    explicit WholeAlready(std::uint64_t bytes) : bytes_(bytes) {}
    std::uint64_t safeBytes() const override { return bytes_; }
    std::uint64_t wholeBytes() const override { return bytes_; }
    bool isGrowing() const override { return false; }
    void tellOfMore(std::uint64_t, std::function<void()>) override {}
    boost::asio::awaitable<Result<void>> waitForMore(std::uint64_t than) override {
        if (than >= bytes_) co_return fail(Kind::cancelled, "The file does not grow any more.");
        co_return Result<void>{};
    }

  private:
    std::uint64_t bytes_;
};

class BackendDeliveryTest : public testing::DeliveryTest {
  protected:
    static constexpr std::uint64_t partBytes = 1000;

    BackendDelivery delivery(std::string api = "auto") {
        return BackendDelivery({.origin = *net::Url::parse(testing::backendOrigin),
                                .courseId = "course-7",
                                .api = std::move(api),
                                .worker = loop.get_executor(),
                                .partBytes = partBytes,
                                .mostPartBytes = mostPartBytes,
                                .streamLimits = limits,
                                .policy = {.attempts = 4}});
    }
    Visit visit() {
        return {.http = backend, .credentials = credentials, .timing = timing, .stop = stopping.get_token()};
    }

    Result<Delivered> deliver(const Parcel& parcel, std::string api = "auto") {
        BackendDelivery way = delivery(std::move(api));
        return run(way.deliver(
            parcel, visit(), [this](std::uint64_t bytes) { uploaded.push_back(bytes); },
            [this](std::string id) { registered.push_back(std::move(id)); }));
    }
    static std::string text(std::size_t bytes) {
        std::string out;
        for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>('a' + (i * 7 + i / 256) % 26);
        return out;
    }
    /// The error that comes when every request of `method` is answered so.
    Error refused(const std::string& method, int status, const std::string& body = "",
                  std::vector<net::Header> headers = {}) {
        backend.order(
            method,
            {.what = testing::Fault::What::status, .status = status, .body = body, .headers = headers}, 20);
        auto outcome = deliver(parcelOf(text(2500)));
        EXPECT_FALSE(outcome);
        return outcome ? Error{} : outcome.error();
    }
    void expectDelivered(const Result<Delivered>& outcome, const Parcel& parcel) {
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_TRUE(outcome->confirmed);
        EXPECT_EQ(outcome->lecture, "lecture-1");
        ASSERT_EQ(backend.rows.size(), 1u);
        EXPECT_EQ(backend.only().status, "ready");
        EXPECT_EQ(digestOf(backend.uploadOf(backend.only()).bytes), parcel.sha256);
        EXPECT_EQ(backend.patchesWithoutHead, 0u);
    }

    testing::FakeBackend backend;
    /// Delivers ahead what is all there.
    void follow(BackendDelivery& way, Parcel parcel) {
        WholeAlready whole(parcel.bytes);
        parcel.sha256.clear();
        run(way.follow(
            parcel, whole, visit(), [this](std::uint64_t bytes) { uploaded.push_back(bytes); },
            [this](std::string id) { registered.push_back(std::move(id)); }));
        backend.seen.clear();
    }
    Result<Delivered> deliver(BackendDelivery& way, const Parcel& parcel) {
        return run(way.deliver(
            parcel, visit(), [](std::uint64_t) {}, [](std::string) {}));
    }

    std::uint64_t mostPartBytes = partBytes;
    BodyLimits limits{};
    std::vector<std::uint64_t> uploaded;
    std::vector<std::string> registered;
};

/// Behind a download: one request that follows the file.
class FollowingTest : public BackendDeliveryTest {
  protected:
    /// Follows a file of which a tenth is there at first, and a tenth more whenever more is waited for.
    void followGrowing(BackendDelivery& way, Parcel parcel, bool isSizeKnown = true) {
        const std::uint64_t bytes = parcel.bytes, tenth = (bytes + 9) / 10;
        testing::GrowingFile growing(loop, tenth, isSizeKnown ? bytes : 0);
        growing.whenAwaited = [&growing, bytes, tenth] {
            const std::uint64_t left = bytes - growing.safeBytes();
            if (left == 0) growing.end();
            if (left > 0) growing.grow(std::min(tenth, left));
        };
        if (!isSizeKnown) parcel.bytes = 0;
        parcel.sha256.clear();
        run(way.follow(
            parcel, growing, visit(), [this](std::uint64_t so) { uploaded.push_back(so); },
            [this](std::string id) { registered.push_back(std::move(id)); }));
    }
    std::size_t streams() const { return std::ranges::count(backend.seen, true, &testing::Seen::isStream); }
    std::string arrived() const { return backend.uploadOf(backend.only()).bytes; }
};

}  // namespace auricle::delivery
