// A program run as a child: no shell, nothing inherited but what is named, bounded in output and time, gone
// when we are.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "system/error.h"

namespace auricle {

/// Where a child finds the first descriptor that was handed on to it, and how many there may be.
inline constexpr int firstHandedOn = 4;
inline constexpr std::size_t mostHandedOn = 4;

struct ChildCommand {
    std::filesystem::path program;                ///< absolute
    std::vector<std::string> arguments{};         ///< without the program's own name
    std::vector<std::string> environment{};       ///< all of it, as NAME=value; see plainEnvironment()
    std::filesystem::path folder = "/";           ///< where it starts
    std::chrono::milliseconds timeLimit{30'000};  ///< 0: none
    std::size_t maxOutputBytes = 1u << 20;        ///< of each stream; what is beyond is read and dropped
    /// Not empty: the only folder whose files it may read and write, beside programs and libraries of the
    /// system, and no sockets; as far as confinable() says. Absolute.
    std::filesystem::path onlyFolder{};
    /// With `onlyFolder`: it may reach the network as well, and read what resolving names and TLS need. It
    /// may not listen.
    bool mayUseNetwork = false;
    /// With `onlyFolder`: files and folders beside it that it may read and run. Absolute.
    std::vector<std::filesystem::path> alsoReads{};
    /// Open descriptors that it gets, in this order from number firstHandedOn on; at most mostHandedOn.
    /// Borrowed: they stay ours.
    std::vector<int> handedOn{};
    /// Told of standard output as it comes, on the loop; it is not kept then.
    std::function<void(std::string_view)> onOutput{};
    bool keepsLastErrors = false;  ///< of standard error the end is kept where it is too long
};

struct ChildOutcome {
    int status = -1;             ///< exit status, or -1 where a signal ended it
    int signal = 0;              ///< the signal that ended it, or 0
    std::string output, errors;  ///< standard output and standard error
    bool outputCut = false, errorsCut = false;

    bool succeeded() const { return status == 0; }
};

/// Runs it to its end. Fails with tool_missing (no such program, not executable), timeout, cancelled, or
/// internal (the system gives no process or descriptor). Whenever it returns, and when the coroutine is
/// destroyed, the child and its process group have been killed and the child reaped. A program that ends with
/// a status other than 0 is an outcome, not an error. The child dies with the thread that started it, so call
/// it on a thread that lives as long as the program. Needs SIGCHLD not to be ignored; installs no handler.
boost::asio::awaitable<Result<ChildOutcome>> run(ChildCommand command, std::stop_token stop = {});

/// What a tool needs of our environment and no more: PATH, HOME, LANG, LC_*, TMPDIR, LD_LIBRARY_PATH and the
/// XDG folders.
std::vector<std::string> plainEnvironment();

}  // namespace auricle
