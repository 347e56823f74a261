// The audit: what happened to secrets and when, in a file that is only appended to and rotated by size. It
// holds no value, and no cookie's name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/error.h"
#include "vault/audit_event.h"

namespace auricle::vault {

struct AuditRecord {
    std::int64_t atMs = 0;  ///< Unix time, ms
    AuditEvent event;
};

struct AuditPage {
    std::vector<AuditRecord> records;  ///< newest first
    std::optional<std::string> next;   ///< the `after` of the next page, if there is one
};

/// Several processes (a browser each) append to the same file.
class AuditLog {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    /// `file` need not exist, its folder neither. One that has reached `maxBytes` becomes FILE.1, which
    /// replaces the one before it: at most twice as much is kept.
    AuditLog(std::filesystem::path file, Clock now, std::uint64_t maxBytes = 1u << 20);

    /// Blocks, for one short write. Fails as the file does; whoever tells of a secret goes on without.
    Result<void> record(const AuditEvent& event);
    /// Blocks. bad_params for an `after` that no page has given, or that was rotated away.
    Result<AuditPage> read(std::optional<std::string_view> after, std::size_t limit) const;

  private:
    std::filesystem::path olderFile() const;

    std::filesystem::path file_;
    Clock now_;
    std::uint64_t maxBytes_;
};

}  // namespace auricle::vault
