// What was done since the installation, in numbers: captures, bytes, failures of cookies, refreshes, uploads.
// Kept in one small file that several processes share.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "capture/capture.h"
#include "system/error.h"

namespace auricle::capture {

struct RefreshTotals {
    std::uint64_t completed = 0, failed = 0;
    std::uint64_t tookMs = 0;     ///< all that were completed, together
    std::uint64_t longestMs = 0;  ///< of one that was completed
};

struct Totals {
    std::int64_t sinceMs = 0;  ///< Unix time, ms, of the first count; 0: nothing was counted yet
    /// By site and by how it ended: "done", "cancelled", or the kind of the error.
    std::map<std::string, std::map<std::string, std::uint64_t>> captures;
    std::uint64_t fetchedBytes = 0;  ///< of captures that are done
    std::uint64_t savedBytes = 0;    ///< what their videos would have cost more
    std::uint64_t uploads = 0, uploadedBytes = 0;
    /// By the reasons of PROTOCOL's refresh.wanted.
    std::map<std::string, std::uint64_t> cookieFailures;
    std::map<std::string, RefreshTotals> refreshes;  ///< by site
};

/// As PROTOCOL's `stats` has it.
nlohmann::json toJson(const Totals& totals);

class Counters {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    Counters(std::filesystem::path file, Clock now) : file_(std::move(file)), now_(std::move(now)) {}

    // All block, for one short write, and fail as the file does; whoever counts goes on without.
    Result<void> ended(const Capture& capture);
    Result<void> cookiesFailed(std::string_view reason);
    Result<void> refreshed(std::string_view site, bool isCompleted, std::chrono::milliseconds took);

    /// All zero where nothing was counted yet. Blocks.
    Totals read() const;

  private:
    Result<void> change(const std::function<void(Totals&)>& by);

    std::filesystem::path file_;
    Clock now_;
};

}  // namespace auricle::capture
