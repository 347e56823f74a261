// The first decision of the program: started by a browser, or by a person.
#pragma once

namespace auricle::command {

/// Hardens the process, then serves the channel when a browser of a registered extension started it, else
/// runs the command line. Returns the exit status.
int start(int argc, char** argv);

}  // namespace auricle::command
