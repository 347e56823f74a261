#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "installer/permissions.h"

namespace auricle::installer {

namespace fs = std::filesystem;

std::optional<Permissions> permissionsOf(const fs::path& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return std::nullopt;
    return Permissions{.isFolder = S_ISDIR(about.st_mode),
                       .isFile = S_ISREG(about.st_mode),
                       .isOwn = about.st_uid == ::geteuid(),
                       .mode = about.st_mode & 0777u,
                       .isSticky = (about.st_mode & S_ISVTX) != 0};
}

bool isRunnable(const fs::path& file) {
    const auto about = permissionsOf(file);
    return about && about->isFile && ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
}

bool othersMayWrite(const fs::path& path) {
    const auto about = permissionsOf(path);
    return about && (about->mode & S_IWOTH) != 0 && !about->isSticky;
}

std::optional<fs::path> openToOthers(const fs::path& file) {
    for (fs::path path = file; !path.empty(); path = path.parent_path()) {
        if (othersMayWrite(path)) return path;
        if (path == path.parent_path()) break;
    }
    return std::nullopt;
}

bool mayWriteIn(const fs::path& folder) {
    fs::path nearest = folder;
    while (!permissionsOf(nearest) && nearest.has_relative_path()) nearest = nearest.parent_path();
    const auto about = permissionsOf(nearest);
    return about && about->isFolder && ::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

Result<void> setMode(const fs::path& path, unsigned mode) {
    if (::chmod(path.c_str(), mode) == 0) return {};
    const int reason = errno;
    return fail(
        reason == EPERM || reason == EACCES || reason == EROFS ? Kind::forbidden : Kind::internal,
        "The permissions of " + path.string() + " cannot be changed (" + std::strerror(reason) + ").");
}

}  // namespace auricle::installer
