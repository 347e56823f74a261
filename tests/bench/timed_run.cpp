#include "timed_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace auricle::bench {
namespace {

using Clock = std::chrono::steady_clock;

sigset_t heldSignals() {
    sigset_t held;
    ::sigemptyset(&held);
    ::sigaddset(&held, SIGINT);
    ::sigaddset(&held, SIGTERM);
    return held;
}

/// A descriptor that is closed with its owner.
struct Descriptor {
    int number;
    explicit Descriptor(int given) : number(given) {
        if (given < 0) throw std::runtime_error(std::string("no descriptor: ") + std::strerror(errno));
    }
    ~Descriptor() { ::close(number); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

Descriptor watch(pid_t pid) {
    return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::vector<std::string> environmentWith(const Environment& more) {
    std::vector<std::string> all;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string entry = *each;
        if (!more.contains(entry.substr(0, entry.find('=')))) all.push_back(entry);
    }
    for (const auto& [name, value] : more) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

/// In a group of its own, so that its children can be ended with it.
pid_t spawn(const Command& command, const RunOptions& options, int out = -1) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const std::string log = options.log.empty() ? "/dev/null" : options.log.string();
    constexpr int flags = O_WRONLY | O_CREAT | O_APPEND;
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), flags, 0600);
    if (out < 0) out = STDERR_FILENO;
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!options.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    const auto environment = environmentWith(options.environment);
    pid_t pid = -1;
    const int fault = ::posix_spawnp(&pid, command.front().c_str(), &actions, &attributes,
                                     pointers(command).data(), pointers(environment).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw std::runtime_error("cannot start " + command.front() + ": " + std::strerror(fault));
    return pid;
}

enum class Event { ended, limit, signal };

Event waitOn(pid_t pid, double limitS) {
    const Descriptor process = watch(pid);
    const sigset_t held = heldSignals();
    const Descriptor signals(::signalfd(-1, &held, SFD_CLOEXEC));
    std::array<pollfd, 2> both{pollfd{.fd = process.number, .events = POLLIN, .revents = 0},
                               pollfd{.fd = signals.number, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(both.data(), both.size(), static_cast<int>(limitS * 1000));
    if (ready == 0) return Event::limit;
    if (both[1].revents == 0) return Event::ended;
    // Taken, so that what is put away from now on can run.
    signalfd_siginfo taken{};
    [[maybe_unused]] const ssize_t bytes = ::read(signals.number, &taken, sizeof taken);
    return Event::signal;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string lastWords(const std::filesystem::path& log) {
    std::ifstream in(log);
    std::ostringstream all;
    all << in.rdbuf();
    const std::string text = all.str();
    constexpr std::size_t most = 600;
    return text.size() > most ? text.substr(text.size() - most) : text;
}

}  // namespace

TimedRun run(const Command& command, const RunOptions& options) {
    TimedRun done;
    const auto from = Clock::now();
    const pid_t pid = spawn(command, options);
    const Event event = waitOn(pid, options.limitS);
    if (event != Event::ended) ::kill(-pid, SIGKILL);
    rusage used{};
    ::wait4(pid, &done.status, 0, &used);
    if (event == Event::signal) throw std::runtime_error("stopped");
    done.wallS = std::chrono::duration<double>(Clock::now() - from).count();
    done.cpuS = seconds(used.ru_utime) + seconds(used.ru_stime);
    done.peakMiB = static_cast<double>(used.ru_maxrss) / 1024;
    done.isStopped = event == Event::limit;
    return done;
}

void mustRun(const Command& command, const std::filesystem::path& folder) {
    const auto log =
        std::filesystem::temp_directory_path() / ("auricle-bench-" + std::to_string(::getpid()) + ".log");
    const TimedRun done = run(command, {.folder = folder, .log = log});
    const std::string said = lastWords(log);
    std::filesystem::remove(log);
    if (!done.isWell()) throw std::runtime_error(command.front() + " failed: " + said);
}

pid_t startUntil(const Command& command, const std::string& expected) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    const Descriptor in(ends[0]);
    pid_t pid = -1;
    {
        const Descriptor out(ends[1]);
        pid = spawn(command, {}, out.number);
    }
    std::string said;
    for (char letter = 0; ::read(in.number, &letter, 1) == 1 && letter != '\n';) said += letter;
    if (said == expected) return pid;
    end(pid);
    throw std::runtime_error(command.front() + " did not get ready");
}

void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

bool waitForEnd(pid_t pid, double limitS) {
    const int number = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (number < 0) return true;
    const Descriptor process(number);
    pollfd watched{.fd = process.number, .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, static_cast<int>(limitS * 1000)) == 1;
}

bool isInstalled(const std::string& program) {
    return run({"sh", "-c", "command -v \"$0\"", program}).isWell();
}

void holdSignals() {
    const sigset_t held = heldSignals();
    ::sigprocmask(SIG_BLOCK, &held, nullptr);
}

}  // namespace auricle::bench
