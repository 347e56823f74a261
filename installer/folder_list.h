// The folders outside the table that manifests were put into (--user-data-dir): kept so that uninstall and
// the host find them.
#pragma once

#include <filesystem>
#include <vector>

#include "system/error.h"

namespace auricle::installer {

/// The folders that are on the list in `state`; none where the list is missing or damaged.
std::vector<std::filesystem::path> listedFolders(const std::filesystem::path& state);
/// Puts a folder on the list, or takes it off. Fails as writeSmallFile.
Result<void> listFolder(const std::filesystem::path& state, const std::filesystem::path& folder);
Result<void> unlistFolder(const std::filesystem::path& state, const std::filesystem::path& folder);

}  // namespace auricle::installer
