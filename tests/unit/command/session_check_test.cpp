#include "command/session_check.h"

#include <gtest/gtest.h>

namespace {

using namespace auricle;
using installer::Severity;

constexpr std::int64_t now = 1'795'000'000'000, hour = 3'600'000;

/// The newest first, as the audit tells them.
vault::AuditPage pageOf(std::initializer_list<std::pair<std::int64_t, const char*>> events) {
    vault::AuditPage page;
    for (const auto& [hoursAgo, what] : events)
        page.records.push_back(
            {.atMs = now - hoursAgo * hour,
             .event = {.event = what, .site = "panopto", .origin = "https://uni.example"}});
    return page;
}

TEST(SessionCheck, SaysHowManyRefreshesTheLastDayHad) {
    auto page = pageOf({{1, "refresh.done"}, {2, "refresh.failed"}, {3, "put"}, {30, "refresh.failed"}});
    auto findings = command::checkSessions(page, now);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].id, "session.good");
    EXPECT_EQ(findings[0].sentence, "within a day 1 refreshed, 1 refused");
}

TEST(SessionCheck, WarnsOfAnOriginWhoseLastThreeFailed) {
    auto page =
        pageOf({{1, "refresh.failed"}, {2, "refresh.failed"}, {3, "refresh.failed"}, {4, "refresh.done"}});
    auto findings = command::checkSessions(page, now);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].id, "session.failing");
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_NE(findings[0].sentence.find("3 refreshes at https://uni.example"), std::string::npos);
    EXPECT_FALSE(findings[0].remedy.empty());
}

TEST(SessionCheck, DoesNotWarnWhereOneWasRefreshedSince) {
    auto page =
        pageOf({{1, "refresh.done"}, {2, "refresh.failed"}, {3, "refresh.failed"}, {4, "refresh.failed"}});
    EXPECT_EQ(command::checkSessions(page, now)[0].id, "session.good");
}

TEST(SessionCheck, SaysSoWhereTheAuditCannotBeRead) {
    auto findings = command::checkSessions(fail(Kind::internal, "no"), now);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].severity, Severity::note);
}

}  // namespace
