// File operations that must not go wrong half-way: whole writes, syncing, renaming without replacing, opening
// beneath a folder. All of them block; whoever is on the loop runs those that touch the disk for long on a
// worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "system/error.h"

namespace auricle {

/// A descriptor that is closed with the object; -1 is none.
class FileHandle {
  public:
    FileHandle() noexcept = default;
    explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
    FileHandle(FileHandle&& other) noexcept : descriptor_(other.release()) {}
    FileHandle& operator=(FileHandle&& other) noexcept;
    FileHandle(const FileHandle&) = delete;
    FileHandle& operator=(const FileHandle&) = delete;
    ~FileHandle() { close(); }

    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    int release() noexcept { return std::exchange(descriptor_, -1); }
    void close() noexcept;

  private:
    int descriptor_ = -1;
};

/// The error of an errno value: disk_full for a full disk or quota, too_large where the file system takes no
/// larger file, else internal. `what` begins the sentence: "Could not write the recording".
Error systemError(int code, std::string_view what);

/// open(2), never inherited by children. `flags` and `mode` are those of open(2).
Result<FileHandle> openFile(const std::filesystem::path& file, int flags, unsigned mode = 0600);
/// Opens beneath `folder`: bad_params for an absolute name, for `..`, and wherever a component is a symbolic
/// link (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS; component by component where the kernel has no
/// openat2). `relative` may be ".".
Result<FileHandle> openBeneath(int folder, const std::filesystem::path& relative, int flags,
                               unsigned mode = 0600);
/// Opens a folder beneath another one for reading, creating what is missing with mode 0700. Fails as
/// openBeneath does.
Result<FileHandle> makeFoldersBeneath(int folder, const std::filesystem::path& relative);

/// Writes all of it at the descriptor's position, or fails (disk_full among others) having written some.
Result<void> writeAll(int descriptor, std::span<const std::byte> bytes);
/// The same at a place of its own; the descriptor's position stays.
Result<void> writeAllAt(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes);
/// Reads until `into` is full or the file ends; gives the number of bytes read.
Result<std::size_t> readAt(int descriptor, std::uint64_t offset, std::span<std::byte> into);
/// Size of an open file, bytes.
Result<std::uint64_t> sizeOf(int descriptor);
/// False for folders, pipes, devices and sockets, and where nobody can tell.
bool isRegularFile(int descriptor);

/// Returns when the file's data, and what is needed to find it again, is on the disk (fdatasync).
Result<void> syncData(int descriptor);
/// Returns when the names in the folder are on the disk. A file system that cannot do that is no error.
Result<void> syncFolder(int descriptor);
Result<void> syncFolder(const std::filesystem::path& folder);

/// What came of a rename that replaces nothing.
enum class Renamed : std::uint8_t { yes, nameTaken, otherFileSystem };
/// Renames within one file system and never replaces: renameat2(RENAME_NOREPLACE); a link and unlink where
/// the file system does not know that; and where it knows no links either, a look first.
Result<Renamed> renameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to);
/// The same with a folder's descriptor before each name.
Result<Renamed> renameNoReplace(int fromFolder, const std::filesystem::path& from, int toFolder,
                                const std::filesystem::path& to);

/// Removes one name; one that is not there is no error.
Result<void> removeFile(int folder, const std::filesystem::path& name);
Result<void> removeFile(const std::filesystem::path& file);

/// Bytes that this user may still write on the file system that holds `path`.
Result<std::uint64_t> freeBytes(const std::filesystem::path& path);
/// Asks for the room for `bytes` bytes without changing the file's size: disk_full when there is none. A file
/// system that cannot promise room is no error.
Result<void> reserve(int descriptor, std::uint64_t bytes);

}  // namespace auricle
