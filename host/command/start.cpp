#include "command/start.h"

namespace auricle::command {

int start(int, char**) { return 0; }

}  // namespace auricle::command
