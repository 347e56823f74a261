#include "vault/alerts.h"

namespace auricle::vault {
namespace {

constexpr std::chrono::hours window{1};
constexpr std::size_t failuresToTell = 3, backlogToTell = 10;

std::string hostOf(const std::string& origin) {
    auto scheme = origin.find("://");
    return scheme == std::string::npos ? origin : origin.substr(scheme + 3);
}

}  // namespace

void Alerts::refreshed(const std::string& origin, bool isCompleted) {
    auto& failures = failures_[origin];
    if (isCompleted) {
        failures.clear();
        return;
    }
    auto now = now_();
    failures.push_back(now);
    while (now - failures.front() > window) failures.pop_front();
    if (failures.size() < failuresToTell) return;
    tellOnce("refresh_failing", origin,
             "The session at " + hostOf(origin) +
                 " could not be renewed three times within an hour. Sign in there again.");
}

void Alerts::look(const std::vector<EntryStatus>& entries, std::size_t waiting) {
    for (const auto& entry : entries) {
        bool isAboutToEnd = entry.slot == "active" && entry.kind == "cookies" && entry.freshness == "stale" &&
                            entry.expiresAtMs.has_value();
        if (!isAboutToEnd) continue;
        tellOnce("session_expiring", entry.key.origin,
                 "Your session at " + hostOf(entry.key.origin) +
                     " ends soon. Open the site once, so that what is being captured can go on.");
    }
    if (waiting > backlogToTell) {
        tellOnce("refresh_backlog", {},
                 std::to_string(waiting) +
                     " sessions wait to be renewed. See in Auricle's list which sites want you to sign in.");
    }
}

void Alerts::tellOnce(const char* kind, const std::string& origin, const std::string& message) {
    auto now = now_();
    auto [place, isNew] = told_.try_emplace({kind, origin}, now);
    if (!isNew && now - place->second < window) return;
    place->second = now;
    tell_(kind, message);
}

}  // namespace auricle::vault
