// `auricle config`: what is in force, and where each value came from.
#pragma once

namespace auricle::command {

/// Prints to standard output; an error of the configuration to standard error. Returns the exit status.
int printConfig(bool asJson);

}  // namespace auricle::command
