// The last resort at the end of the process: leaving in time even where the event loop hangs.
#pragma once

#include <chrono>

namespace auricle {

/// After `time` the system ends this process with status 0, whatever it is doing. Call it when the end has
/// begun; a second call sets the time anew.
void leaveWithin(std::chrono::milliseconds time);

}  // namespace auricle
