#include "capture/counters.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/unit/support/temporary_folder.h"

namespace {

using namespace auricle;
using capture::Capture;
using capture::Counters;
using capture::State;

class Counting : public testing::Test {
  protected:
    Counters counters() const {
        return {file(),
                [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'795'000'000)); }};
    }
    std::filesystem::path file() const { return folder.path() / "state" / "counters.json"; }
    static Capture done(std::uint64_t fetched, std::uint64_t whole, bool goesToBackend) {
        Capture capture;
        capture.site = "panopto";
        capture.state = State::done;
        capture.plan = capture::PlanTaken{.how = "audio-from-mp4", .bytes = fetched, .wholeBytes = whole};
        capture.result.emplace().bytes = fetched - 10;
        capture.target.to = goesToBackend ? delivery::Target::To::backend : delivery::Target::To::folder;
        return capture;
    }

    test::TemporaryFolder folder;
};

TEST_F(Counting, BeginsWithNothing) {
    auto totals = counters().read();
    EXPECT_EQ(totals.sinceMs, 0);
    EXPECT_EQ(toJson(totals)["since"], nlohmann::json());
    EXPECT_EQ(toJson(totals)["captures"], nlohmann::json::object());
}

TEST_F(Counting, IsThereForTheNextProcess) {
    ASSERT_TRUE(counters().ended(done(100, 1000, true)));
    ASSERT_TRUE(counters().ended(done(50, 0, false)));
    Capture failed;
    failed.site = "mubi";
    failed.state = State::failed;
    failed.error = Error{.kind = Kind::drm_protected, .message = "no"};
    ASSERT_TRUE(counters().ended(failed));
    ASSERT_TRUE(counters().cookiesFailed("session_expired"));
    ASSERT_TRUE(counters().refreshed("panopto", true, std::chrono::milliseconds(1200)));
    ASSERT_TRUE(counters().refreshed("panopto", true, std::chrono::milliseconds(300)));
    ASSERT_TRUE(counters().refreshed("panopto", false, std::chrono::milliseconds(30'000)));
    EXPECT_EQ(
        toJson(counters().read()),
        (nlohmann::json{
            {"since", "2026-11-18T11:06:40.000Z"},
            {"captures", {{"panopto", {{"done", 2}}}, {"mubi", {{"drm_protected", 1}}}}},
            {"bytes", {{"fetched", 150}, {"saved", 900}}},
            {"uploads", {{"completed", 1}, {"bytes", 90}}},
            {"cookieFailures", {{"session_expired", 1}}},
            {"refreshes",
             {{"panopto", {{"completed", 2}, {"failed", 1}, {"tookMs", 1500}, {"longestMs", 1200}}}}}}));
}

TEST_F(Counting, LosesNoneWhereManyCountAtOnce) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this] {
            for (int i = 0; i < 25; ++i) ASSERT_TRUE(counters().cookiesFailed("stale"));
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(counters().read().cookieFailures["stale"], 100u);
}

TEST_F(Counting, BeginsAnewWhereTheFileIsNoneOfIts) {
    std::filesystem::create_directories(file().parent_path());
    for (const char* text :
         {"", "[]", "{\"captures\":[1],\"bytes\":7,\"refreshes\":{\"panopto\":3}}", "\xff\xfe"}) {
        std::ofstream(file(), std::ios::trunc) << text;
        ASSERT_TRUE(counters().cookiesFailed("stale")) << text;
        EXPECT_EQ(counters().read().cookieFailures["stale"], 1u) << text;
    }
}

}  // namespace
