// The command line, as a person or a script uses it.
#pragma once

#include "system/hardening.h"

namespace auricle::command {

inline constexpr int statusWell = 0;
inline constexpr int statusFailed = 1;
inline constexpr int statusUsage = 2;  ///< arguments that make no sense

/// Reads the arguments and runs the command they name. `hardening` is what the process could do for itself.
/// Returns the exit status.
int runLine(int argc, char** argv, const Hardening& hardening);

}  // namespace auricle::command
