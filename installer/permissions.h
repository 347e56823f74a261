// Who may do what with a file or folder, and setting that right. Permissions are judged by their bits and
// the owner, so that root finds what another user would.
#pragma once

#include <filesystem>
#include <optional>

#include "system/error.h"

namespace auricle::installer {

struct Permissions {
    bool isFolder;
    bool isFile;
    bool isOwn;     ///< belongs to the user that this process runs as
    unsigned mode;  ///< the nine permission bits
    bool isSticky;
};

/// Of what the path leads to; nothing where that is not there or cannot be looked at.
std::optional<Permissions> permissionsOf(const std::filesystem::path& path);
/// A file that this user may start.
bool isRunnable(const std::filesystem::path& file);
/// True where every user may write it, or replace what lies in it (a sticky folder keeps others' hands off).
bool othersMayWrite(const std::filesystem::path& path);
/// The file itself or the nearest folder above it that every user may write, if there is one.
std::optional<std::filesystem::path> openToOthers(const std::filesystem::path& file);
/// Whether this user may make files in the folder, or in the nearest one above it that exists.
bool mayWriteIn(const std::filesystem::path& folder);

/// chmod. Fails with forbidden or internal and says which file.
Result<void> setMode(const std::filesystem::path& path, unsigned mode);

}  // namespace auricle::installer
