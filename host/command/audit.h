// `auricle audit`: what happened to secrets on this machine, as a table or as lines of JSON.
#pragma once

#include <cstddef>

namespace auricle::command {

struct AuditOptions {
    std::size_t limit = 50;  ///< how many of the newest
    bool isJson = false;     ///< one JSON object a line
};

/// Prints the oldest of them first.
int printAudit(const AuditOptions& options);

}  // namespace auricle::command
