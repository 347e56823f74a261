// An append-only file of JSON records with a checksum each. A torn tail, as a crash leaves it, is cut when it
// is opened.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "system/error.h"
#include "system/files.h"

namespace auricle::capture {

/// One process at a time: an open journal is locked, and the kernel lets go of the lock when the process
/// dies. A record is a line `crc32 SP json LF`. Its writer never writes a record before the data that it
/// speaks of is on the disk.
class Journal {
  public:
    struct Opened;

    /// A new file; fails with internal when there is one already.
    static Result<Journal> create(const std::filesystem::path& file);
    /// Locks the file and reads it. not_ready when another process has it.
    static Result<Opened> open(const std::filesystem::path& file);
    /// Reads without a lock, for showing what another process is doing.
    static Result<std::vector<nlohmann::json>> read(const std::filesystem::path& file);

    Result<void> append(const nlohmann::json& record);
    /// Returns when all records are on the disk. Blocks.
    Result<void> sync();

  private:
    explicit Journal(FileHandle file) : file_(std::move(file)) {}
    FileHandle file_;
};

struct Journal::Opened {
    Journal journal;
    std::vector<nlohmann::json> records;
};

/// The line of one record.
std::string journalLine(const nlohmann::json& record);
/// The records of a text up to the first one that is torn or wrong; `validBytes` says how far that is.
std::vector<nlohmann::json> readJournal(std::string_view text, std::size_t& validBytes);

}  // namespace auricle::capture
