// This very program as a browser would start it: where it lies, and what may be wrong with that place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "system/error.h"

namespace auricle::installer {

/// The absolute real path of the running program. Fails with internal where it was removed or replaced since
/// it started.
Result<std::filesystem::path> thisProgram();

/// What a person should know before a browser is told to start `program`: one sentence each, none where all
/// is well. `temporaryFolders` are those whose content vanishes.
std::vector<std::string> programWarnings(const std::filesystem::path& program,
                                         const std::filesystem::path& configHome,
                                         const std::vector<std::filesystem::path>& temporaryFolders);

}  // namespace auricle::installer
