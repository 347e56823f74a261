#include <time.h>

#include "system/boot_clock.h"

namespace auricle {
namespace {

#ifdef CLOCK_BOOTTIME
constexpr clockid_t kClock = CLOCK_BOOTTIME;
#else
constexpr clockid_t kClock = CLOCK_MONOTONIC;  // macOS: this one counts sleep
#endif

}  // namespace

std::chrono::steady_clock::time_point bootTime() {
    timespec now{};
    clock_gettime(kClock, &now);
    return std::chrono::steady_clock::time_point(std::chrono::seconds(now.tv_sec) +
                                                 std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace auricle
