#include "vault/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace auricle;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Alarm : public testing::Test {
  protected:
    static vault::EntryStatus entry(std::string freshness, std::optional<std::int64_t> expiresAtMs = 1) {
        vault::EntryStatus status;
        status.kind = "cookies";
        status.key = {.site = "panopto", .origin = "https://uni.example", .store = "0"};
        status.freshness = std::move(freshness);
        status.expiresAtMs = expiresAtMs;
        return status;
    }

    std::chrono::steady_clock::time_point now{};
    std::vector<std::string> told, messages;
    vault::Alerts alerts{[this] { return now; },
                         [this](std::string_view kind, std::string_view message) {
                             told.emplace_back(kind);
                             messages.emplace_back(message);
                         }};
};

TEST_F(Alarm, IsRaisedByTheThirdRefreshThatFailsWithinAnHour) {
    alerts.refreshed("https://uni.example", false);
    now += 20min;
    alerts.refreshed("https://uni.example", false);
    EXPECT_THAT(told, IsEmpty());
    now += 20min;
    alerts.refreshed("https://uni.example", false);
    ASSERT_THAT(told, ElementsAre("refresh_failing"));
    EXPECT_THAT(messages[0], testing::HasSubstr("at uni.example "));
    alerts.refreshed("https://uni.example", false);
    EXPECT_EQ(told.size(), 1u) << "once an hour";
}

TEST_F(Alarm, IsNotRaisedByFailuresFarApartOrWithASuccessBetween) {
    for (int i = 0; i < 6; ++i) {
        alerts.refreshed("https://uni.example", false);
        now += 31min;
    }
    for (int i = 0; i < 6; ++i) alerts.refreshed("https://other.example", i % 3 == 2);
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(Alarm, IsRaisedByASessionThatIsAboutToEndAndByNoOther) {
    alerts.look({entry("fresh"), entry("expired"), entry("unknown"), entry("stale", std::nullopt)}, 0);
    EXPECT_THAT(told, IsEmpty());
    alerts.look({entry("stale")}, 0);
    alerts.look({entry("stale")}, 0);
    EXPECT_THAT(told, ElementsAre("session_expiring"));
    now += 61min;
    alerts.look({entry("stale")}, 0);
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(Alarm, IsRaisedByMoreThanTenWaitingRefreshes) {
    alerts.look({}, 10);
    EXPECT_THAT(told, IsEmpty());
    alerts.look({}, 11);
    EXPECT_THAT(told, ElementsAre("refresh_backlog"));
}

}  // namespace
