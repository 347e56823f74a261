#include "host_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace auricle::bench {
namespace {

std::array<int, 2> makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    return ends;
}

pid_t spawn(const std::vector<std::string>& command, int in, int out) {
    std::vector<char*> arguments;
    for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    pid_t pid = -1;
    // Some hosts talk much on standard error, where the table goes.
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int fault = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw std::runtime_error("cannot start " + command.front() + ": " + std::strerror(fault));
    return pid;
}

}  // namespace

HostProcess::HostProcess(const std::vector<std::string>& command, int patienceMs) : patienceMs_(patienceMs) {
    const auto in = makePipe(), out = makePipe();
    pid_ = spawn(command, in[0], out[1]);
    ::close(in[0]);
    ::close(out[1]);
    toHost_ = in[1];
    fromHost_ = out[0];
}

HostProcess::~HostProcess() {
    ::close(toHost_);
    ::close(fromHost_);
    if (patienceMs_ > 0) ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::string HostProcess::ask(std::string_view text, std::string_view mark) {
    const auto size = static_cast<std::uint32_t>(text.size());
    frame_.assign(reinterpret_cast<const char*>(&size), sizeof size).append(text);
    write(frame_);
    do {
        readFrame();
    } while (answer_.find(mark) == std::string::npos);
    return answer_;
}

void HostProcess::readFrame() {
    std::uint32_t answered = 0;
    read(reinterpret_cast<char*>(&answered), sizeof answered);
    answer_.resize(answered);
    read(answer_.data(), answered);
}

void HostProcess::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(toHost_, bytes.data(), bytes.size());
        if (count <= 0) throw std::runtime_error("the host reads no more");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void HostProcess::read(char* into, std::size_t bytes) {
    pollfd watched{.fd = fromHost_, .events = POLLIN, .revents = 0};
    while (bytes > 0) {
        if (patienceMs_ > 0 && ::poll(&watched, 1, patienceMs_) == 0)
            throw std::runtime_error("the host does not answer");
        const ssize_t count = ::read(fromHost_, into, bytes);
        if (count <= 0) throw std::runtime_error("the host ended without an answer");
        into += count;
        bytes -= static_cast<std::size_t>(count);
    }
}

}  // namespace auricle::bench
