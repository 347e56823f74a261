#include "vault/audit_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/unit/support/temporary_folder.h"

namespace {

using namespace auricle;
using vault::AuditEvent;
using vault::AuditLog;

class Audit : public testing::Test {
  protected:
    AuditLog log(std::uint64_t maxBytes = 1u << 20) {
        return AuditLog(
            file(), [this] { return now; }, maxBytes);
    }
    std::filesystem::path file() const { return folder.path() / "state" / "audit.log"; }
    static AuditEvent event(int number) {
        return {.event = "put",
                .site = "panopto",
                .origin = "https://uni.example",
                .outcome = std::to_string(number)};
    }
    static std::string outcomesIn(const vault::AuditPage& page) {
        std::string all;
        for (const auto& record : page.records) all += record.event.outcome + " ";
        return all;
    }

    test::TemporaryFolder folder;
    std::chrono::system_clock::time_point now{std::chrono::milliseconds(1'795'000'000'123)};
};

TEST_F(Audit, IsEmptyBeforeAnythingHasHappened) {
    auto page = log().read({}, 10);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->records.empty());
    EXPECT_FALSE(page->next);
}

TEST_F(Audit, TellsWhatHappenedAndWhenTheNewestFirst) {
    auto audit = log();
    ASSERT_TRUE(audit.record(event(1)));
    now += std::chrono::seconds(1);
    ASSERT_TRUE(audit.record({.event = "refresh.wanted",
                              .site = "mubi",
                              .origin = "https://mubi.com",
                              .capture = "abc",
                              .outcome = "stale"}));
    auto page = audit.read({}, 10);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->records.size(), 2u);
    EXPECT_EQ(page->records[0].event.event, "refresh.wanted");
    EXPECT_EQ(page->records[0].event.capture, "abc");
    EXPECT_EQ(page->records[0].atMs, 1'795'000'001'123);
    EXPECT_EQ(page->records[1].event.site, "panopto");
    EXPECT_EQ(page->records[1].event.origin, "https://uni.example");
}

TEST_F(Audit, IsReadInPagesThroughTheFilesThatWereRotated) {
    auto audit = log(2000);
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(audit.record(event(i)));
    ASSERT_TRUE(std::filesystem::exists(file().string() + ".1"));
    std::string all;
    std::optional<std::string> after;
    do {
        auto page = audit.read(after, 4);
        ASSERT_TRUE(page);
        all += outcomesIn(*page);
        after = page->next;
    } while (after);
    EXPECT_TRUE(all.starts_with("29 28 27 26 25 24 23 22 21 20 19 18 17 16 ")) << all;
}

TEST_F(Audit, MovesNoPageByWhatHappensMeanwhile) {
    auto audit = log();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(audit.record(event(i)));
    auto first = audit.read({}, 2);
    ASSERT_TRUE(first);
    ASSERT_TRUE(audit.record(event(100)));
    EXPECT_EQ(outcomesIn(*first), "5 4 ");
    EXPECT_EQ(outcomesIn(*audit.read(first->next, 2)), "3 2 ");
}

TEST_F(Audit, KeepsNoMoreThanTwiceItsSize) {
    auto audit = log(2000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(audit.record(event(i)));
    std::uintmax_t sum = 0;
    for (const auto& one : std::filesystem::directory_iterator(file().parent_path())) sum += one.file_size();
    EXPECT_LE(sum, 4400u);
    EXPECT_TRUE(outcomesIn(*audit.read({}, 3)).starts_with("499 498 497 "));
}

TEST_F(Audit, LosesNothingWhereManyAppendAtOnceAndRotate) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            AuditLog own(
                file(), [this] { return now; }, 60'000);
            for (int i = 0; i < 100; ++i) ASSERT_TRUE(own.record(event(t * 1000 + i)));
        });
    }
    for (auto& thread : threads) thread.join();
    auto page = log().read({}, 1000);
    ASSERT_TRUE(page);
    std::set<std::string> seen;
    for (const auto& record : page->records) seen.insert(record.event.outcome);
    EXPECT_EQ(seen.size(), 400u);
}

TEST_F(Audit, PassesOverALineThatACrashTore) {
    auto audit = log();
    ASSERT_TRUE(audit.record(event(1)));
    std::ofstream(file(), std::ios::app) << "{\"at\":\"2026-11-2\n";
    ASSERT_TRUE(audit.record(event(2)));
    EXPECT_EQ(outcomesIn(*audit.read({}, 10)), "2 1 ");
}

TEST_F(Audit, RefusesAPlaceThatItNeverGave) {
    auto audit = log();
    ASSERT_TRUE(audit.record(event(1)));
    for (const char* after : {"", "x", "1", "1.", "77.0", "1.2.3", "99999999999999999999.0"}) {
        auto page = audit.read(after, 10);
        ASSERT_FALSE(page) << after;
        EXPECT_EQ(page.error().kind, Kind::bad_params);
        EXPECT_EQ(page.error().path, "/after");
    }
}

}  // namespace
