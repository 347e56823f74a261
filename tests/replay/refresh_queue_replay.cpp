// Plays histories that are read from standard input, an operation a line, on the refreshes' queue, and prints
// a line for each: what it answered, and where every job is then. tests/integration/refresh-queue.test.ts
// holds that against BullMQ.
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "vault/refresh_queue.h"

namespace {

using namespace auricle::vault;

class Replay {
  public:
    explicit Replay(QueueRules rules) : queue_(rules) {}

    std::string play(std::istringstream& line) {
        std::string operation;
        std::int64_t nowMs = 0;
        line >> operation >> nowMs;
        const Instant now{nowMs};
        std::string answer;
        if (operation == "add")
            answer = add(line, now);
        else if (operation == "take")
            answer = take(line, now);
        else if (operation == "complete")
            answer = complete(line, now);
        else if (operation == "fail")
            answer = fail(line, now);
        else if (operation == "promote")
            answer = queue_.promote(read<JobId>(line)) ? "yes" : "no";
        else if (operation == "remove")
            answer = queue_.remove(read<JobId>(line), now) ? "yes" : "no";
        else if (operation == "sweep")
            answer = sweep(now);
        return answer + " |" + states();
    }

  private:
    template <class T>
    static T read(std::istringstream& line) {
        T value{};
        line >> value;
        return value;
    }
    std::string add(std::istringstream& line, Instant now) {
        const auto key = read<std::string>(line);
        JobOptions options;
        options.attempts = read<unsigned>(line);
        options.backoff = Instant{read<std::int64_t>(line)};
        options.jitter = read<double>(line);
        options.delay = Instant{read<std::int64_t>(line)};
        const auto id = queue_.add(key, options, now);
        last_ = std::max(last_, id);
        return std::to_string(id);
    }
    std::string take(std::istringstream& line, Instant now) {
        const auto taken = queue_.take(read<std::string>(line), now);
        if (!taken) return "none";
        return std::to_string(taken->id) + " start " + std::to_string(taken->start) +
               (taken->hasStalledTooOften ? " stalled" : "");
    }
    std::string complete(std::istringstream& line, Instant now) {
        const auto id = read<JobId>(line);
        return queue_.complete(id, read<std::string>(line), now) ? "yes" : "no";
    }
    std::string fail(std::istringstream& line, Instant now) {
        const auto id = read<JobId>(line);
        const auto token = read<std::string>(line);
        const bool isFinal = read<int>(line) == 1;
        return queue_.fail(id, token, isFinal, read<double>(line), now) ? "yes" : "no";
    }
    std::string sweep(Instant now) {
        std::string ids;
        for (const auto id : queue_.sweep(now)) ids += (ids.empty() ? "" : ",") + std::to_string(id);
        return ids.empty() ? "none" : ids;
    }
    std::string states() const {
        std::string text;
        for (JobId id = 1; id <= last_; ++id) {
            if (const auto state = queue_.state(id))
                text += " " + std::to_string(id) + ":" + std::string(word(*state));
        }
        const auto counts = queue_.counts();
        const auto due = queue_.nextDue();
        return text + " | " + std::to_string(counts.waiting) + " " + std::to_string(counts.active) + " " +
               std::to_string(counts.delayed) + " " + std::to_string(counts.completed) + " " +
               std::to_string(counts.failed) + " | " + (due ? std::to_string(due->count()) : "-");
    }

    RefreshQueue queue_;
    JobId last_ = 0;
};

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    Replay replay({});
    for (std::string text; std::getline(std::cin, text);) {
        std::istringstream line(text);
        if (text.starts_with("begin")) {
            std::string word;
            std::int64_t lockMs = 0;
            QueueRules rules;
            line >> word >> lockMs >> rules.maxStalled >> rules.keep;
            rules.lock = Instant{lockMs};
            replay = Replay(rules);
            std::cout << "begun\n";
        } else {
            std::cout << replay.play(line) << '\n';
        }
    }
}
