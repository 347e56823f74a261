// A running process of ours says in a folder that it is there, so that another one can ask all of them to
// end.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

#include "system/error.h"
#include "system/files.h"
#include "system/paths.h"

namespace auricle {

/// Where hosts that hold secrets mark themselves.
std::filesystem::path markFolder(const Paths& paths);

/// As long as it lives, or until the process ends in whatever way, the process is marked: the mark is a lock,
/// which the kernel takes back by itself.
class ProcessMark {
  public:
    /// In `folder`, which is made where it is missing. Fails as files do.
    static Result<ProcessMark> make(const std::filesystem::path& folder);
    ProcessMark(ProcessMark&&) noexcept = default;
    ProcessMark& operator=(ProcessMark&&) noexcept = default;
    ~ProcessMark();

  private:
    ProcessMark(std::filesystem::path file, FileHandle lock)
        : file_(std::move(file)), lock_(std::move(lock)) {}

    std::filesystem::path file_;
    FileHandle lock_;
};

struct EndedProcesses {
    std::size_t ended = 0;
    std::size_t left = 0;  ///< did not end in time, or may not be asked to
};

/// Asks every marked process to end (SIGTERM) and waits for them, `patience` at most for all together.
/// Blocks.
EndedProcesses endMarked(const std::filesystem::path& folder, std::chrono::milliseconds patience);

}  // namespace auricle
