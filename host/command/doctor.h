// `auricle doctor`: looks at everything between a browser's button and the backend, says what to do, and
// mends what it can.
#pragma once

#include <cstdint>
#include <string>

#include "system/hardening.h"

namespace auricle::command {

struct DoctorOptions {
    bool mayFix = false;
    bool isJson = false;
    std::string backend{};     ///< an origin to try beside those of the configuration; empty: none
    bool readsBearer = false;  ///< a token for the backend comes on standard input
    std::uint32_t waitMs = 5000;
};

/// Prints the findings. Returns 0 where all is well, 1 for warnings, 2 where something is broken (after
/// mending, if that was asked for) and for arguments that make no sense.
int runDoctor(const DoctorOptions& options, const Hardening& hardening);

}  // namespace auricle::command
