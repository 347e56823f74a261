#include "system/exec_posix.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace auricle {

std::vector<char*> pointersTo(std::vector<std::string>& strings) {
    std::vector<char*> list;
    for (std::string& text : strings) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

int openPidfd(pid_t id) {
    return static_cast<int>(::syscall(SYS_pidfd_open, id, 0u));
}

void bindToParent(pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
}

int moveAside(int descriptor) {
    return ::fcntl(descriptor, F_DUPFD, 10);
}

void giveUp(int fault) {
    const int reason = errno;
    [[maybe_unused]] const auto written = ::write(fault, &reason, sizeof reason);
    ::_exit(127);
}

}  // namespace auricle
