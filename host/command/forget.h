// `auricle forget --all`: the emergency brake. Every running host ends, and with it all that it holds.
#pragma once

namespace auricle::command {

/// Prints how many hosts have ended. 1 where one did not.
int runForget();

}  // namespace auricle::command
