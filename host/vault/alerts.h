// What a person should hear of before a capture fails: a session that is about to end, refreshes that fail
// again and again, a queue that grows.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/vault.h"

namespace auricle::vault {

/// Each alert is told of one origin once an hour at most. Called on the loop.
class Alerts {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    /// `kind` is session_expiring, refresh_failing or refresh_backlog; `message` can be shown to a person.
    using Tell = std::function<void(std::string_view kind, std::string_view message)>;
    Alerts(Clock now, Tell tell) : now_(std::move(now)), tell_(std::move(tell)) {}

    /// A refresh has ended. The third that fails within an hour is told.
    void refreshed(const std::string& origin, bool isCompleted);
    /// What the vault holds, and how many refreshes wait; looked at now and then.
    void look(const std::vector<EntryStatus>& entries, std::size_t waiting);

  private:
    void tellOnce(const char* kind, const std::string& origin, const std::string& message);

    Clock now_;
    Tell tell_;
    std::map<std::string, std::deque<std::chrono::steady_clock::time_point>> failures_;  ///< by origin
    std::map<std::pair<std::string, std::string>, std::chrono::steady_clock::time_point>
        told_;  ///< kind, origin
};

}  // namespace auricle::vault
