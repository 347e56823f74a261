#include "command/serve.h"

#include <cstdio>

namespace auricle::command {

int serve(const channel::Caller& caller) {
    std::fprintf(stderr, "auricle: started by %s, but this build has no channel.\n", caller.origin.c_str());
    return 1;
}

}  // namespace auricle::command
