// A program run to its end: how long it took, what it cost, and that it does not outlive the bench.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace auricle::bench {

using Command = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

struct RunOptions {
    std::filesystem::path folder{};  ///< where it runs; empty: where the bench does
    Environment environment{};       ///< beside the bench's own
    std::filesystem::path log{};     ///< where both of its outputs go, appended; empty: nowhere
    double limitS = 600;             ///< then it is killed, with everything that it has started
};

struct TimedRun {
    double wallS = 0;
    double cpuS = 0;         ///< of it and of all its children
    double peakMiB = 0;      ///< the largest resident set of any of them
    int status = 0;          ///< as wait(2) gives it
    bool isStopped = false;  ///< by the limit

    bool isWell() const { return status == 0 && !isStopped; }
};

/// Throws a std::runtime_error where it cannot be started, and when somebody presses Ctrl-C meanwhile (see
/// holdSignals): what is on the stack is put away then.
TimedRun run(const Command& command, const RunOptions& options = {});

/// The same, and a failure is a std::runtime_error that names the command and ends with its last words.
void mustRun(const Command& command, const std::filesystem::path& folder = {});

/// Starts it and returns when it has written its first line, which is `expected`. Throws otherwise. The
/// caller ends it with end().
pid_t startUntil(const Command& command, const std::string& expected);
void end(pid_t pid);

/// Waits until a process that is not a child has ended; false after `limitS`.
bool waitForEnd(pid_t pid, double limitS);

bool isInstalled(const std::string& program);

/// SIGINT and SIGTERM wait from now on until run() looks at them.
void holdSignals();

}  // namespace auricle::bench
