// The refreshes as jobs of a queue, by BullMQ's rules: which wait, which are under way, which are tried again
// and when. It has no clock, no chance and no waiting of its own: whoever drives it says what time it is.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::vault {

using JobId = std::uint64_t;
/// Since any fixed moment, by a clock that only goes forward.
using Instant = std::chrono::milliseconds;

enum class JobState : std::uint8_t { waiting, active, delayed, completed, failed };
std::string_view word(JobState state);

struct QueueCounts {
    std::uint64_t waiting = 0, active = 0, delayed = 0;
    std::uint64_t completed = 0, failed = 0;  ///< of those that are still remembered (QueueRules::keep)
    std::uint64_t total() const { return waiting + active + delayed + completed + failed; }
};

struct QueueRules {
    std::chrono::milliseconds lock{30'000};  ///< how long an attempt may take; after that it can be swept up
    unsigned maxStalled = 1;                 ///< swept up more often than this, a job is to be failed
    std::size_t keep = 1000;  ///< so many completed and so many failed are remembered; 1 or more
};

struct JobOptions {
    unsigned attempts = 1;  ///< in all, 1 or more
    /// Before try n + 1: base·2^(n-1), of which the share `jitter` (0 to 1) is left to chance. 0: at once.
    std::chrono::milliseconds backoff{0};
    double jitter = 0;
    std::chrono::milliseconds delay{0};  ///< before the first try
};

/// An attempt that has begun. It is ended by complete() or fail() with the same token, or swept up.
struct Taken {
    JobId id = 0;
    unsigned start = 1;               ///< how often the job was begun, this time included
    bool hasStalledTooOften = false;  ///< to be failed for good at once
};

/// Calls come with times that never go back.
class RefreshQueue {
  public:
    explicit RefreshQueue(QueueRules rules = {}) : rules_(rules) {}

    /// The job of this key that is not over yet, or a new one.
    JobId add(const std::string& key, const JobOptions& options, Instant now);
    /// Begins the job that has waited longest; those whose delay is over have joined the others then.
    std::optional<Taken> take(std::string_view token, Instant now);
    /// These two are refused (false) to any but the attempt with this token, and after its lock has ended.
    bool complete(JobId id, std::string_view token, Instant now);
    /// `chance` in [0, 1), for the jitter. `isFinal`: another attempt would not help.
    bool fail(JobId id, std::string_view token, bool isFinal, double chance, Instant now);
    /// A delayed job need not wait any longer; false for any other.
    bool promote(JobId id);
    /// Forgets a job; refused (false) while an attempt holds its lock.
    bool remove(JobId id, Instant now);
    /// Puts jobs whose attempt has lost its lock back in front of those that wait, and says which. Only those
    /// that were under way at the sweep before: a lock may be late by less than the time between two sweeps.
    std::vector<JobId> sweep(Instant now);

    std::optional<JobState> state(JobId id) const;
    QueueCounts counts() const;
    /// When the first delayed job is due.
    std::optional<Instant> nextDue() const;

  private:
    struct Job {
        std::string key;
        JobOptions options;
        JobState state = JobState::waiting;
        unsigned attemptsMade = 0, starts = 0, stalls = 0;
        bool hasStalledTooOften = false;
        std::string token{};
        Instant lockedUntil{0};
        Instant due{0};
        std::uint64_t turn = 0;  ///< among those that are due in the same millisecond
    };
    struct Due {
        Instant at;
        std::uint64_t turn;
        JobId id;
        auto operator<=>(const Due&) const = default;
    };

    void wait(JobId id, Job& job);
    void delay(JobId id, Job& job, Instant due);
    void end(JobId id, Job& job, JobState as);
    void promoteDue(Instant now);
    void leave(JobId id, const Job& job);
    bool isLocked(const Job& job, Instant now) const {
        return job.state == JobState::active && now < job.lockedUntil;
    }
    bool isHeldBy(const Job& job, std::string_view token, Instant now) const {
        return isLocked(job, now) && job.token == token;
    }

    QueueRules rules_;
    std::map<JobId, Job> jobs_;
    std::map<std::string, JobId> byKey_;  ///< those that are not over
    std::deque<JobId> waiting_;           ///< the next one in front
    std::set<Due> delayed_;
    std::set<JobId> active_, suspects_;
    std::deque<JobId> completed_, failed_;  ///< the oldest in front
    JobId lastId_ = 0;
    std::uint64_t lastTurn_ = 0;
};

}  // namespace auricle::vault
