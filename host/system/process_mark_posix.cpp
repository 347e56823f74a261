#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <string>
#include <vector>

#include "system/process_mark.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

/// The process that the file is named after, or 0.
pid_t processOf(const fs::path& file) {
    auto name = file.filename().string();
    pid_t process = 0;
    auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), process);
    return fault == std::errc{} && end == name.data() + name.size() && process > 1 ? process : 0;
}

bool isHeld(const fs::path& file) {
    auto lock = openFile(file, O_RDWR);
    return lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0;
}

/// Names this very process even when its number is given to another one later (pidfd_open(2)).
FileHandle handleOf(pid_t process) {
    return FileHandle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

bool hasEnded(int handle, std::chrono::milliseconds patience) {
    pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
    auto wait = std::max<std::chrono::milliseconds::rep>(patience.count(), 0);
    return ::poll(&ended, 1, static_cast<int>(wait)) == 1;
}

}  // namespace

fs::path markFolder(const Paths& paths) {
    return paths.state / "hosts";
}

Result<ProcessMark> ProcessMark::make(const fs::path& folder) {
    if (!makePrivateFolder(folder))
        return std::unexpected(systemError(errno, "The folder of running hosts could not be made"));
    auto file = folder / std::to_string(::getpid());
    auto lock = openFile(file, O_RDWR | O_CREAT);
    if (!lock) return std::unexpected(lock.error());
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0)
        return std::unexpected(systemError(errno, "The mark of this process could not be locked"));
    return ProcessMark(std::move(file), std::move(*lock));
}

ProcessMark::~ProcessMark() {
    if (lock_) std::ignore = removeFile(file_);
}

EndedProcesses endMarked(const fs::path& folder, std::chrono::milliseconds patience) {
    EndedProcesses outcome;
    std::vector<FileHandle> asked;
    std::error_code fault;
    for (const auto& entry : fs::directory_iterator(folder, fault)) {
        auto process = processOf(entry.path());
        if (process == 0) continue;
        auto handle = handleOf(process);
        // Asked in this order: the lock that is held now is held by the process that the handle names.
        if (!isHeld(entry.path())) {
            std::ignore = removeFile(entry.path());
            continue;
        }
        bool isAsked = handle && ::syscall(SYS_pidfd_send_signal, handle.get(), SIGTERM, nullptr, 0) == 0;
        if (isAsked)
            asked.push_back(std::move(handle));
        else
            ++outcome.left;
    }
    auto until = std::chrono::steady_clock::now() + patience;
    for (const auto& handle : asked) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        ++(hasEnded(handle.get(), left) ? outcome.ended : outcome.left);
    }
    return outcome;
}

}  // namespace auricle
