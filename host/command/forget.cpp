#include "command/forget.h"

#include <cstdio>

#include "command/line.h"
#include "system/paths.h"
#include "system/process_mark.h"

namespace auricle::command {
namespace {

/// A host leaves within half a second of being asked (PROTOCOL section 1).
constexpr std::chrono::seconds patience{5};

}  // namespace

int runForget() {
    auto outcome = endMarked(markFolder(findPaths()), patience);
    if (outcome.left > 0) {
        std::fprintf(stderr,
                     "auricle: %zu running host(s) could not be ended; close the browser to end them.\n",
                     outcome.left);
        return statusFailed;
    }
    std::printf(outcome.ended == 0 ? "No running host holds a secret.\n"
                                   : "%zu host(s) have ended; what they held is wiped. Captures that ran are "
                                     "parked and go on when you ask for it in the browser.\n",
                outcome.ended);
    return statusWell;
}

}  // namespace auricle::command
