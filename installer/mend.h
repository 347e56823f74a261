// Carrying out what findings name as their repair.
#pragma once

#include "installer/finding.h"
#include "installer/registration.h"

namespace auricle::installer {

/// Does it, and says in a sentence what was done. Fails where the system does not let it (as writeSmallFile
/// and setMode do). `repair` must name something to do.
Result<std::string> mend(const Repair& repair, const Machine& machine);

}  // namespace auricle::installer
