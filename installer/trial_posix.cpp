#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "installer/trial.h"
#include "system/descriptor_posix.h"
#include "system/exec_posix.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t maxOutputBytes = (1u << 20) + 4, maxErrorBytes = 16u << 10;
constexpr std::uint32_t maxFrameBytes = 1u << 20;
constexpr std::chrono::milliseconds endAfter{2000};  // Chromium kills then
constexpr std::string_view greeting =
    R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":[1],"client":)"
    R"({"name":"auricle-doctor","version":")" AURICLE_VERSION R"(","browser":"none"}}})";

/// All that the child needs between fork and exec, where nothing may allocate.
struct Prepared {
    std::vector<char*> arguments, environment;
    std::string folder;
    bool isFirefox;
    int input, output, errors, sentinel, fault;
    pid_t parent;
};

/// Only calls that are safe in a signal handler stand here (POSIX fork).
[[noreturn]] void becomeHost(const Prepared& prepared) {
    bindToParent(prepared.parent);
    // Firefox ignores SIGPIPE, and its children inherit that; Chromium does not.
    ::signal(SIGPIPE, prepared.isFirefox ? SIG_IGN : SIG_DFL);
    const int input = moveAside(prepared.input), output = moveAside(prepared.output);
    const int errors = moveAside(prepared.errors), fault = moveAside(prepared.fault);
    const int sentinel = prepared.isFirefox ? moveAside(prepared.sentinel) : fault;
    if (input < 0 || output < 0 || errors < 0 || fault < 0 || sentinel < 0) giveUp(prepared.fault);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(errors, 2);
    if (prepared.isFirefox) ::dup2(sentinel, 3);
    const int last = prepared.isFirefox ? 4 : 3;
    ::dup3(fault, last, O_CLOEXEC);
    ::closefrom(last + 1);
    if (::chdir(prepared.folder.c_str()) != 0) giveUp(last);
    ::execve(prepared.arguments.front(), prepared.arguments.data(), prepared.environment.data());
    giveUp(last);
}

std::vector<std::string> argumentsOf(const TrialStart& start) {
    if (start.flavour == Flavour::chromium) return {start.program.string(), start.caller};
    return {start.program.string(), start.manifest.string(), start.caller};
}

int millisecondsUntil(Clock::time_point when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(0, left));
}

/// Reads once; false at the end. What is beyond `most` is dropped.
bool readSome(int descriptor, std::string& into, std::size_t most) {
    std::array<char, 16'384> buffer{};
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    into.append(buffer.data(), std::min(static_cast<std::size_t>(got), most - into.size()));
    return got > 0;
}

/// A frame is there as a whole, or what came can be none.
bool isAnswered(const std::string& output) {
    std::uint32_t length = 0;
    if (output.size() < sizeof length) return false;
    std::memcpy(&length, output.data(), sizeof length);
    return length > maxFrameBytes || output.size() - sizeof length >= length;
}

/// A host that has been started. Gone with the object, and its children with it.
class Host {
  public:
    /// False where the system gives no process or descriptor; errno says why.
    bool start(const TrialStart& how, std::vector<std::string> environment) {
        if (!input_.open() || !output_.open() || !errors_.open() || !sentinel_.open() || !fault_.open())
            return false;
        auto arguments = argumentsOf(how);
        const Prepared prepared{.arguments = pointersTo(arguments),
                                .environment = pointersTo(environment),
                                .folder = how.program.parent_path().string(),
                                .isFirefox = how.flavour == Flavour::gecko,
                                .input = input_.read.number(),
                                .output = output_.write.number(),
                                .errors = errors_.write.number(),
                                .sentinel = sentinel_.write.number(),
                                .fault = fault_.write.number(),
                                .parent = ::getpid()};
        id_ = ::fork();
        if (id_ < 0) return false;
        if (id_ == 0) becomeHost(prepared);
        ::setpgid(id_, id_);  // here too: whoever comes first, a kill of the group finds it
        for (Pipe* pipe : {&output_, &errors_, &sentinel_, &fault_}) pipe->write.close();
        input_.read.close();
        return true;
    }

    ~Host() {
        if (id_ <= 0) return;
        // While the leader is not reaped its number cannot belong to anyone else.
        ::kill(-id_, SIGKILL);
        wait(0);
    }

    /// The reason that exec gave, or 0 where the program runs.
    int startFault() {
        int reason = 0;
        while (::read(fault_.read.number(), &reason, sizeof reason) < 0 && errno == EINTR) {
        }
        return reason;
    }

    void greet() {
        const auto length = static_cast<std::uint32_t>(greeting.size());
        std::string frame(reinterpret_cast<const char*>(&length), sizeof length);
        frame += greeting;
        // A few hundred bytes fit into any pipe; a host that has ended says so by its output.
        [[maybe_unused]] const auto written = ::write(input_.write.number(), frame.data(), frame.size());
    }

    /// Until an answer is there, both streams have ended, or time is up.
    void listen(Clock::time_point until, HostAnswer& answer) {
        bool isOutputOpen = true, areErrorsOpen = true;
        while (isOutputOpen && !isAnswered(answer.output)) {
            pollfd watched[] = {
                {.fd = output_.read.number(), .events = POLLIN, .revents = 0},
                {.fd = areErrorsOpen ? errors_.read.number() : -1, .events = POLLIN, .revents = 0}};
            const int ready = ::poll(watched, 2, millisecondsUntil(until));
            if (ready < 0 && errno == EINTR) continue;
            if (ready <= 0) {
                answer.isLate = true;
                return;
            }
            if (watched[0].revents != 0)
                isOutputOpen = readSome(output_.read.number(), answer.output, maxOutputBytes);
            if (watched[1].revents != 0)
                areErrorsOpen = readSome(errors_.read.number(), answer.errors, maxErrorBytes);
        }
        answer.isOver = !isOutputOpen;
        // What it complained of before it ended is in the pipe by now.
        while (answer.isOver && areErrorsOpen && hasMore(errors_.read.number()))
            areErrorsOpen = readSome(errors_.read.number(), answer.errors, maxErrorBytes);
    }

    /// Ends its input and waits for it; one that never answered is not waited for.
    void leave(HostAnswer& answer) {
        if (answer.isLate) return;
        input_.write.close();
        const Descriptor ended(openPidfd(id_));
        const auto until = Clock::now() + endAfter;
        pollfd watched{.fd = ended.number(), .events = POLLIN, .revents = 0};
        int ready = 0;
        while ((ready = ::poll(&watched, 1, millisecondsUntil(until))) < 0 && errno == EINTR) {
        }
        answer.isLingering = ready == 0;
        ::kill(-id_, SIGKILL);
        const auto status = wait(0);
        if (!status) return;
        answer.status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 0;
        answer.signal = WIFSIGNALED(*status) ? WTERMSIG(*status) : 0;
    }

  private:
    static bool hasMore(int descriptor) {
        pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
        return ::poll(&watched, 1, 0) > 0;
    }

    std::optional<int> wait(int options) {
        if (id_ <= 0) return std::nullopt;
        int status = 0;
        while (::waitpid(id_, &status, options) < 0) {
            if (errno != EINTR) return std::nullopt;
        }
        id_ = -1;
        return status;
    }

    Pipe input_, output_, errors_, sentinel_, fault_;
    pid_t id_ = -1;
};

}  // namespace

HostAnswer startAndGreet(const TrialStart& start, const std::vector<std::string>& environment,
                         std::chrono::milliseconds deadline) {
    HostAnswer answer;
    const auto until = Clock::now() + deadline;
    Host host;
    if (!host.start(start, environment)) {
        answer.startFault = std::strerror(errno);
        return answer;
    }
    if (const int reason = host.startFault(); reason != 0) {
        answer.startFault = std::strerror(reason);
        return answer;
    }
    host.greet();
    host.listen(until, answer);
    host.leave(answer);
    return answer;
}

}  // namespace auricle::installer
