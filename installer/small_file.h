// Small files that are written whole or not at all: manifests, and the list of folders they were put into.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "system/error.h"

namespace auricle::installer {

struct SmallFile {
    std::string text;
    bool isTrusted;  ///< belongs to this user or to root, and nobody else may write it
};

/// Nothing where there is no such file. Fails with internal where it cannot be read or is larger than 64 KiB.
Result<std::optional<SmallFile>> readSmallFile(const std::filesystem::path& file);
/// Writes through a temporary file in the same folder, fsync and rename; makes the folder (0700) where it is
/// missing. The file gets mode 0644. Fails with forbidden (no permission, read-only), disk_full or internal;
/// the old file then stands.
Result<void> writeSmallFile(const std::filesystem::path& file, std::string_view text);
/// Removes the file (or the link of that name, never what it points to). Fails as writeSmallFile.
Result<void> removeSmallFile(const std::filesystem::path& file);

}  // namespace auricle::installer
