// The command line, as a person or a script uses it.
#pragma once

namespace auricle::command {

inline constexpr int statusWell = 0;
inline constexpr int statusFailed = 1;
inline constexpr int statusUsage = 2;  ///< arguments that make no sense

/// Reads the arguments and runs the command they name. Returns the exit status.
int runLine(int argc, char** argv);

}  // namespace auricle::command
