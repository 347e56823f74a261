#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "system/files.h"
#ifdef __linux__
#include <linux/openat2.h>
#endif

namespace auricle {
namespace {

std::unexpected<Error> failed(std::string_view what) {
    return std::unexpected(systemError(errno, what));
}

std::string sentence(std::string_view what, std::string_view why) {
    return std::string(what).append(": ").append(why).append(".");
}

std::string quoted(const std::filesystem::path& name) {
    return "'" + name.string() + "'";
}

std::unexpected<Error> leavesFolder() {
    return fail(Kind::bad_params,
                "A folder's name must stay beneath the folder for recordings: no '..', no absolute "
                "path and no symbolic link.");
}

bool staysBeneath(const std::filesystem::path& relative) {
    if (relative.empty() || relative.is_absolute() || relative.native().find('\0') != std::string::npos)
        return false;
    return std::ranges::none_of(relative, [](const auto& part) { return part == ".."; });
}

bool pointsElsewhere(int code) {
    return code == ELOOP || code == EXDEV;
}

/// The way for kernels without openat2: no component may be a link, so none can lead out.
FileHandle walkBeneath(int folder, const std::filesystem::path& relative, int flags, unsigned mode) {
    FileHandle held;
    int current = folder;
    for (auto part = relative.begin(); part != relative.end();) {
        const std::filesystem::path name = part->empty() ? "." : *part;
        const bool isLast = ++part == relative.end();
        const int how = isLast ? flags : O_RDONLY | O_DIRECTORY;
        FileHandle next(::openat(current, name.c_str(), how | O_NOFOLLOW | O_CLOEXEC, mode));
        // O_DIRECTORY with O_NOFOLLOW says ENOTDIR for a link to a folder.
        if (!next && errno == ENOTDIR) {
            struct stat seen {};
            const bool isLink =
                ::fstatat(current, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(seen.st_mode);
            errno = isLink ? ELOOP : ENOTDIR;
        }
        if (!next) return next;
        held = std::move(next);
        current = held.get();
    }
    return held;
}

FileHandle openNoEscape(int folder, const std::filesystem::path& relative, int flags, unsigned mode) {
#ifdef SYS_openat2
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    // openat2 refuses a mode where nothing can be created.
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long descriptor = ::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how);
    // Some sandboxes answer EPERM to a call they do not know.
    if (descriptor >= 0 || (errno != ENOSYS && errno != EPERM))
        return FileHandle(static_cast<int>(descriptor));
#endif
    return walkBeneath(folder, relative, flags, mode);
}

/// link and unlink: link never replaces. False with errno where that did not work.
bool linkInstead(int fromFolder, const char* from, int toFolder, const char* to) {
    if (::linkat(fromFolder, from, toFolder, to, 0) != 0) return false;
    if (::unlinkat(fromFolder, from, 0) == 0) return true;
    const int why = errno;
    ::unlinkat(toFolder, to, 0);
    errno = why;
    return false;
}

bool isThere(int folder, const char* name) {
    struct stat seen {};
    return ::fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) == 0;
}

bool cannotSync(int code) {
    return code == EINVAL || code == ENOTSUP || code == EROFS;
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = other.release();
    }
    return *this;
}

void FileHandle::close() noexcept {
    if (descriptor_ >= 0) ::close(release());
}

Error systemError(int code, std::string_view what) {
    switch (code) {
        case ENOSPC:
        case EDQUOT:
            return {.kind = Kind::disk_full,
                    .message = sentence(what, "the disk is full. Make room and go on with the capture")};
        case EFBIG:
            return {.kind = Kind::too_large,
                    .message = sentence(what, "the file system there takes no file as large as this")};
        default:
            return {.kind = Kind::internal, .message = sentence(what, std::generic_category().message(code))};
    }
}

Result<FileHandle> openFile(const std::filesystem::path& file, int flags, unsigned mode) {
    FileHandle opened(::open(file.c_str(), flags | O_CLOEXEC, mode));
    if (!opened) return failed("Could not open " + quoted(file.filename()));
    return opened;
}

Result<FileHandle> openBeneath(int folder, const std::filesystem::path& relative, int flags, unsigned mode) {
    if (!staysBeneath(relative)) return leavesFolder();
    FileHandle opened = openNoEscape(folder, relative, flags, mode);
    if (!opened && pointsElsewhere(errno)) return leavesFolder();
    if (!opened) return failed("Could not open " + quoted(relative));
    return opened;
}

Result<FileHandle> makeFoldersBeneath(int folder, const std::filesystem::path& relative) {
    if (!staysBeneath(relative)) return leavesFolder();
    FileHandle held;
    int current = folder;
    for (const auto& part : relative) {
        const std::filesystem::path name = part.empty() ? "." : part;
        if (::mkdirat(current, name.c_str(), 0700) != 0 && errno != EEXIST)
            return failed("Could not create the folder " + quoted(name));
        auto next = openBeneath(current, name, O_RDONLY | O_DIRECTORY);
        if (!next) return next;
        held = std::move(*next);
        current = held.get();
    }
    return held;
}

Result<void> writeAll(int descriptor, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("Could not write");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> writeAllAt(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("Could not write");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

Result<std::size_t> readAt(int descriptor, std::uint64_t offset, std::span<std::byte> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const ssize_t got = ::pread(descriptor, into.data() + filled, into.size() - filled,
                                    static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("Could not read");
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

Result<std::uint64_t> sizeOf(int descriptor) {
    struct stat seen {};
    if (::fstat(descriptor, &seen) != 0) return failed("Could not ask for a file's size");
    return static_cast<std::uint64_t>(seen.st_size);
}

bool isRegularFile(int descriptor) {
    struct stat seen {};
    return ::fstat(descriptor, &seen) == 0 && S_ISREG(seen.st_mode);
}

Result<void> syncData(int descriptor) {
#ifdef __APPLE__
    // fsync leaves the data in the drive's cache there (fsync(2) of macOS).
    if (::fcntl(descriptor, F_FULLFSYNC) == 0) return {};
    const int done = ::fsync(descriptor);
#else
    const int done = ::fdatasync(descriptor);
#endif
    if (done != 0 && !cannotSync(errno)) return failed("Could not bring the data to the disk");
    return {};
}

Result<void> syncFolder(int descriptor) {
    if (::fsync(descriptor) != 0 && !cannotSync(errno)) return failed("Could not bring a folder to the disk");
    return {};
}

Result<void> syncFolder(const std::filesystem::path& folder) {
    auto opened = openFile(folder, O_RDONLY | O_DIRECTORY);
    if (!opened) return std::unexpected(opened.error());
    return syncFolder(opened->get());
}

Result<Renamed> renameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to) {
    return renameNoReplace(AT_FDCWD, from, AT_FDCWD, to);
}

Result<Renamed> renameNoReplace(int fromFolder, const std::filesystem::path& from, int toFolder,
                                const std::filesystem::path& to) {
#ifdef RENAME_NOREPLACE
    bool done = ::renameat2(fromFolder, from.c_str(), toFolder, to.c_str(), RENAME_NOREPLACE) == 0;
    const bool isKnown = done || (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP);
#else
    bool done = false;
    const bool isKnown = false;
#endif
    if (!isKnown) done = linkInstead(fromFolder, from.c_str(), toFolder, to.c_str());
    if (done) return Renamed::yes;
    if (errno == EEXIST) return Renamed::nameTaken;
    if (errno == EXDEV) return Renamed::otherFileSystem;
    if (isKnown) return failed("Could not rename a file");
    if (isThere(toFolder, to.c_str())) return Renamed::nameTaken;
    if (::renameat(fromFolder, from.c_str(), toFolder, to.c_str()) != 0)
        return failed("Could not rename a file");
    return Renamed::yes;
}

Result<void> removeFile(int folder, const std::filesystem::path& name) {
    if (::unlinkat(folder, name.c_str(), 0) != 0 && errno != ENOENT)
        return failed("Could not remove " + quoted(name.filename()));
    return {};
}

Result<void> removeFile(const std::filesystem::path& file) {
    return removeFile(AT_FDCWD, file);
}

Result<std::uint64_t> freeBytes(const std::filesystem::path& path) {
    struct statvfs seen {};
    if (::statvfs(path.c_str(), &seen) != 0) return failed("Could not ask how much room the disk has");
    return static_cast<std::uint64_t>(seen.f_bavail) * seen.f_frsize;
}

Result<void> reserve(int descriptor, std::uint64_t bytes) {
#ifdef FALLOC_FL_KEEP_SIZE
    if (bytes != 0 && ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) != 0 &&
        errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR)
        return failed("Could not reserve room");
#else
    static_cast<void>(descriptor), static_cast<void>(bytes);
#endif
    return {};
}

}  // namespace auricle
