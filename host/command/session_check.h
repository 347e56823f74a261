// What `auricle doctor` says of the health of sessions: how the refreshes of late ended, as the audit has it.
#pragma once

#include <cstdint>

#include "installer/finding.h"
#include "vault/audit_log.h"

namespace auricle::command {

/// One finding in all where the refreshes of the last day went well or there were none, else one for each
/// origin whose last three failed or more. `nowMs`: Unix time.
installer::Findings checkSessions(const Result<vault::AuditPage>& audit, std::int64_t nowMs);

}  // namespace auricle::command
