#include <sys/time.h>
#include <unistd.h>

#include <csignal>

#include "system/deadline.h"

namespace auricle {

void leaveWithin(std::chrono::milliseconds time) {
    struct sigaction action {};
    action.sa_handler = [](int) { ::_exit(0); };
    ::sigaction(SIGALRM, &action, nullptr);
    // Another room's library may have blocked it for this thread.
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    const itimerval timer{.it_interval = {},
                          .it_value = {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace auricle
