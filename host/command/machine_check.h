// What `auricle doctor` says of this machine apart from browsers: configuration, folders, disk, memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "installer/finding.h"
#include "system/config.h"
#include "system/hardening.h"

namespace auricle::command {

installer::Findings checkConfig(const Paths& paths, const Result<LoadedConfig>& loaded);

/// A folder that Auricle keeps things in. One that is missing is made when it is first needed: that is worth
/// a note where its place can be written, and trouble where it cannot.
installer::Findings checkOwnFolder(const std::string& about, const std::filesystem::path& folder);
/// The folder where files are delivered: the person's, so its permissions are theirs.
installer::Findings checkDeliveryFolder(const std::filesystem::path& folder);

/// `free`: bytes that this user may still write beside part files.
installer::Findings checkDisk(const std::filesystem::path& folder, const Result<std::uint64_t>& free);

/// `isMemoryLocked`: secrets are kept from being swapped out.
installer::Findings checkHardening(const Hardening& hardening, bool isMemoryLocked);

}  // namespace auricle::command
