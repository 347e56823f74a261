// What tests of deliveries share: a loop that runs a coroutine to its end, sleeps that do not wait, a folder
// of their own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "delivery/delivery.h"
#include "system/digest.h"
#include "tests/unit/support/temporary_folder.h"

namespace auricle::delivery::testing {

inline const std::string backendOrigin = "https://study.example.edu";
inline const std::string canaryToken = "canary-token-4711";

/// Gives the bearer token for the backend's origin and nothing else.
class TokenOnly final : public net::Credentials {
  public:
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override {
        return url.origin() == backendOrigin ? vault::Secret::copyOf("Bearer " + canaryToken)
                                             : vault::Secret();
    }
    void received(const net::Url&, std::string_view) override {}
};

class DeliveryTest : public ::testing::Test {
  protected:
    void SetUp() override {
        timing.chance = [] { return 1.0; };
        timing.sleep = [this](std::chrono::milliseconds pause,
                              std::stop_token stop) -> boost::asio::awaitable<Result<void>> {
            pauses.push_back(pause.count());
            if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
            co_return Result<void>{};
        };
    }
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> outcome;
        boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr fault, T value) {
            if (fault) std::rethrow_exception(fault);
            outcome = std::move(value);
        });
        loop.restart();
        loop.run();
        return std::move(*outcome);
    }
    void run(boost::asio::awaitable<void> work) {
        boost::asio::co_spawn(loop, std::move(work), [](std::exception_ptr fault) {
            if (fault) std::rethrow_exception(fault);
        });
        loop.restart();
        loop.run();
    }

    static std::string digestOf(std::string_view bytes) {
        Sha256 digest;
        digest.update(std::as_bytes(std::span(bytes)));
        return digest.hex();
    }
    void write(const std::filesystem::path& file, std::string_view bytes) const {
        temporary.write(file, bytes);
    }
    static std::string read(const std::filesystem::path& file) { return test::TemporaryFolder::read(file); }
    /// A parcel whose file holds these bytes.
    /// A parcel whose site gives captions, and counts how often it was asked.
    Parcel parcelWithCaptions(const std::string& bytes, std::optional<Captions> captions) {
        auto parcel = parcelOf(bytes);
        parcel.captions = [this, captions]() -> boost::asio::awaitable<std::optional<Captions>> {
            ++askedForCaptions;
            co_return captions;
        };
        return parcel;
    }
    unsigned askedForCaptions = 0;

    Parcel parcelOf(const std::string& bytes) {
        Parcel parcel;
        parcel.file = folder / "part";
        write(parcel.file, bytes);
        parcel.bytes = bytes.size();
        parcel.sha256 = digestOf(bytes);
        parcel.mime = "audio/mp4";
        parcel.extension = "m4a";
        parcel.title = "Lecture 4";
        parcel.site = "panopto";
        parcel.sourceUrl = "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=49d05f87";
        parcel.stableId = "49d05f87";
        parcel.durationMs = 3'197'750;
        parcel.idempotencyKey = "key-1";
        return parcel;
    }

    boost::asio::io_context loop;
    test::TemporaryFolder temporary;
    std::filesystem::path folder = temporary.path();
    net::Timing timing;
    std::vector<std::int64_t> pauses;  ///< ms asked for, in order
    TokenOnly credentials;
    std::stop_source stopping;
};

}  // namespace auricle::delivery::testing
