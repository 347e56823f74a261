#include "command/session_check.h"

#include <map>

namespace auricle::command {
namespace {

using installer::Finding;
using installer::Findings;
using installer::Severity;

constexpr std::int64_t dayMs = 24 * 3'600'000;
constexpr unsigned failuresInARow = 3;
constexpr const char* about = "Sessions";

struct Refreshes {
    unsigned completed = 0, failed = 0;
    unsigned failedSince = 0;  ///< since the last one that was completed
};

/// By origin; `audit` has the newest first.
std::map<std::string, Refreshes> refreshesIn(const vault::AuditPage& audit, std::int64_t sinceMs) {
    std::map<std::string, Refreshes> all;
    for (const auto& [atMs, event] : audit.records) {
        if (atMs < sinceMs || event.site.empty()) continue;
        if (event.event == "refresh.done") ++all[event.origin].completed;
        if (event.event != "refresh.failed") continue;
        auto& one = all[event.origin];
        ++one.failed;
        if (one.completed == 0) ++one.failedSince;
    }
    return all;
}

}  // namespace

Findings checkSessions(const Result<vault::AuditPage>& audit, std::int64_t nowMs) {
    if (!audit) {
        return {{.id = "session.unknown",
                 .severity = Severity::note,
                 .about = about,
                 .sentence = "How they fared cannot be told: " + audit.error().message}};
    }
    Findings findings;
    unsigned completed = 0, failed = 0;
    for (const auto& [origin, one] : refreshesIn(*audit, nowMs - dayMs)) {
        completed += one.completed;
        failed += one.failed;
        if (one.failedSince < failuresInARow) continue;
        findings.push_back({.id = "session.failing",
                            .severity = Severity::warning,
                            .about = about,
                            .sentence = "The last " + std::to_string(one.failedSince) + " refreshes at " +
                                        origin + " failed.",
                            .remedy = "Sign in there in the browser; docs/sessions.md has more."});
    }
    if (findings.empty()) {
        findings.push_back({.id = "session.good",
                            .severity = Severity::fine,
                            .about = about,
                            .sentence = "within a day " + std::to_string(completed) + " refreshed, " +
                                        std::to_string(failed) + " refused"});
    }
    return findings;
}

}  // namespace auricle::command
