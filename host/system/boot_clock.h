// The monotonic clock by which ages are judged: it goes on while the machine sleeps.
#pragma once

#include <chrono>

namespace auricle {

/// Unlike std::chrono::steady_clock, which stands still in sleep: a session goes on ageing there. Only
/// differences mean something, and none to what that clock says.
std::chrono::steady_clock::time_point bootTime();

}  // namespace auricle
