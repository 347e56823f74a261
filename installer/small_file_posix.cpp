#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "installer/small_file.h"
#include "system/paths.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t maxBytes = 64u << 10;

std::unexpected<Error> fault(std::string_view what, const fs::path& file) {
    const int reason = errno;
    const Kind kind = reason == EACCES || reason == EPERM || reason == EROFS ? Kind::forbidden
                      : reason == ENOSPC || reason == EDQUOT                 ? Kind::disk_full
                                                                             : Kind::internal;
    return fail(kind,
                file.string() + " cannot be " + std::string(what) + " (" + std::strerror(reason) + ").");
}

/// A descriptor that is closed at the end of the scope.
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

bool writeAll(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void syncFolder(const fs::path& folder) {
    const Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (descriptor.number >= 0) ::fsync(descriptor.number);
}

}  // namespace

Result<std::optional<SmallFile>> readSmallFile(const fs::path& file) {
    const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (descriptor.number < 0) {
        struct stat link {};
        if ((errno == ENOENT || errno == ENOTDIR) && ::lstat(file.c_str(), &link) != 0) return std::nullopt;
        return fault("read", file);
    }
    struct stat about {};
    if (::fstat(descriptor.number, &about) != 0) return fault("read", file);
    if (!S_ISREG(about.st_mode)) return fail(Kind::internal, file.string() + " is no file.");
    const bool isTrusted =
        (about.st_uid == ::geteuid() || about.st_uid == 0) && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    std::string text(maxBytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(descriptor.number, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fault("read", file);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > maxBytes) return fail(Kind::internal, file.string() + " is larger than such a file can be.");
    text.resize(size);
    return SmallFile{std::move(text), isTrusted};
}

Result<void> writeSmallFile(const fs::path& file, std::string_view text) {
    if (!makePrivateFolder(file.parent_path())) return fault("made", file.parent_path());
    std::string temporary = (file.parent_path() / ('.' + file.filename().string() + ".XXXXXX")).string();
    const Descriptor descriptor{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (descriptor.number < 0) return fault("written", file);
    const bool isWritten = writeAll(descriptor.number, text) && ::fchmod(descriptor.number, 0644) == 0 &&
                           ::fsync(descriptor.number) == 0 && ::rename(temporary.c_str(), file.c_str()) == 0;
    if (!isWritten) {
        auto failed = fault("written", file);
        ::unlink(temporary.c_str());
        return failed;
    }
    syncFolder(file.parent_path());
    return {};
}

Result<void> removeSmallFile(const fs::path& file) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fault("removed", file);
    syncFolder(file.parent_path());
    return {};
}

}  // namespace auricle::installer
