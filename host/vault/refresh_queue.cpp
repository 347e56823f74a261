#include "vault/refresh_queue.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace auricle::vault {

namespace {

// BullMQ's exponential strategy, in its own arithmetic: the differential test compares to the millisecond.
std::chrono::milliseconds pauseAfter(const JobOptions& options, unsigned attemptsMade, double chance) {
    const double most =
        std::round(std::pow(2.0, attemptsMade - 1.0) * static_cast<double>(options.backoff.count()));
    if (options.jitter <= 0) return std::chrono::milliseconds(static_cast<std::int64_t>(most));
    const double least = most * (1 - options.jitter);
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::floor(chance * most * options.jitter + least)));
}

}  // namespace

std::string_view word(JobState state) {
    switch (state) {
        case JobState::waiting:
            return "waiting";
        case JobState::active:
            return "active";
        case JobState::delayed:
            return "delayed";
        case JobState::completed:
            return "completed";
        case JobState::failed:
            return "failed";
    }
    return {};
}

JobId RefreshQueue::add(const std::string& key, const JobOptions& options, Instant now) {
    // A number is used up either way, as BullMQ's counter is.
    const JobId id = ++lastId_;
    if (auto found = byKey_.find(key); found != byKey_.end()) return found->second;
    byKey_[key] = id;
    Job& job = jobs_[id] = {.key = key, .options = options};
    if (options.delay.count() > 0) {
        delay(id, job, now + options.delay);
    } else {
        wait(id, job);
    }
    return id;
}

std::optional<Taken> RefreshQueue::take(std::string_view token, Instant now) {
    promoteDue(now);
    if (waiting_.empty()) return std::nullopt;
    const JobId id = waiting_.front();
    waiting_.pop_front();
    Job& job = jobs_.at(id);
    job.state = JobState::active;
    job.token = token;
    job.lockedUntil = now + rules_.lock;
    ++job.starts;
    active_.insert(id);
    return Taken{.id = id, .start = job.starts, .hasStalledTooOften = job.hasStalledTooOften};
}

bool RefreshQueue::complete(JobId id, std::string_view token, Instant now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || !isHeldBy(found->second, token, now)) return false;
    leave(id, found->second);
    ++found->second.attemptsMade;
    end(id, found->second, JobState::completed);
    return true;
}

bool RefreshQueue::fail(JobId id, std::string_view token, bool isFinal, double chance, Instant now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    Job& job = found->second;
    const bool isTriedAgain = !isFinal && job.attemptsMade + 1 < job.options.attempts;
    const auto pause = pauseAfter(job.options, job.attemptsMade + 1, chance);
    const bool isAtOnce = isTriedAgain && pause.count() <= 0;
    // What is due by now comes before it.
    if (isAtOnce) promoteDue(now);
    if (!isHeldBy(job, token, now)) return false;
    leave(id, job);
    ++job.attemptsMade;
    if (isAtOnce) {
        wait(id, job);
    } else if (isTriedAgain) {
        delay(id, job, now + pause);
    } else {
        end(id, job, JobState::failed);
    }
    return true;
}

bool RefreshQueue::promote(JobId id) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.state != JobState::delayed) return false;
    leave(id, found->second);
    wait(id, found->second);
    return true;
}

bool RefreshQueue::remove(JobId id, Instant now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || isLocked(found->second, now)) return false;
    leave(id, found->second);
    if (const auto holder = byKey_.find(found->second.key); holder != byKey_.end() && holder->second == id) {
        byKey_.erase(holder);
    }
    jobs_.erase(found);
    return true;
}

std::vector<JobId> RefreshQueue::sweep(Instant now) {
    std::vector<JobId> swept;
    for (const JobId id : std::exchange(suspects_, {})) {
        if (!active_.contains(id)) continue;
        Job& job = jobs_.at(id);
        if (isLocked(job, now)) continue;
        leave(id, job);
        job.hasStalledTooOften = ++job.stalls > rules_.maxStalled || job.hasStalledTooOften;
        job.state = JobState::waiting;
        waiting_.push_front(id);
        swept.push_back(id);
    }
    suspects_ = active_;
    return swept;
}

std::optional<JobState> RefreshQueue::state(JobId id) const {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return std::nullopt;
    return found->second.state;
}

QueueCounts RefreshQueue::counts() const {
    return {.waiting = waiting_.size(),
            .active = active_.size(),
            .delayed = delayed_.size(),
            .completed = completed_.size(),
            .failed = failed_.size()};
}

std::optional<Instant> RefreshQueue::nextDue() const {
    if (delayed_.empty()) return std::nullopt;
    return delayed_.begin()->at;
}

void RefreshQueue::wait(JobId id, Job& job) {
    job.state = JobState::waiting;
    waiting_.push_back(id);
}

void RefreshQueue::delay(JobId id, Job& job, Instant due) {
    job.state = JobState::delayed;
    job.due = due;
    job.turn = ++lastTurn_;
    delayed_.emplace(job.due, job.turn, id);
}

void RefreshQueue::end(JobId id, Job& job, JobState as) {
    job.state = as;
    byKey_.erase(job.key);
    auto& ended = as == JobState::completed ? completed_ : failed_;
    ended.push_back(id);
    if (ended.size() <= rules_.keep) return;
    jobs_.erase(ended.front());
    ended.pop_front();
}

void RefreshQueue::promoteDue(Instant now) {
    while (!delayed_.empty() && delayed_.begin()->at <= now) promote(delayed_.begin()->id);
}

void RefreshQueue::leave(JobId id, const Job& job) {
    switch (job.state) {
        case JobState::waiting:
            std::erase(waiting_, id);
            break;
        case JobState::active:
            active_.erase(id);
            suspects_.erase(id);
            break;
        case JobState::delayed:
            delayed_.erase({job.due, job.turn, id});
            break;
        case JobState::completed:
            std::erase(completed_, id);
            break;
        case JobState::failed:
            std::erase(failed_, id);
            break;
    }
}

}  // namespace auricle::vault
