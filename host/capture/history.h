// The captures that are done: an append-only file that several processes share, found by id, key or page
// without being read anew.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/entry.h"
#include "system/error.h"

namespace auricle::capture {

/// In memory is where each record lies (some 40 bytes a capture), not what it holds: a look-up reads what was
/// appended since the last one, by whichever process, and the one record that it finds. A record that a crash
/// tore, or that is another version's, is passed over.
class History {
  public:
    explicit History(std::filesystem::path file) : file_(std::move(file)) {}

    std::optional<Entry> byId(std::string_view id);
    /// The newest of that key.
    std::optional<Entry> byKey(std::string_view key);
    /// The newest of that page.
    std::optional<Entry> byPage(std::string_view page);
    /// Oldest first; reads the whole file.
    std::vector<Entry> all();

    /// On the disk when it returns. Blocks.
    Result<void> add(const Entry& entry);
    /// The capture is no longer part of the history; what was written of it stays in the file.
    Result<void> erase(std::string_view id);

  private:
    struct Place {
        std::uint64_t id, key, page;  ///< hashes
        std::uint64_t begin, bytes;   ///< of the record's line
    };

    Result<void> append(const nlohmann::json& record);
    void forget();
    /// Takes in what was appended since the last time; begins anew where it is another file.
    void catchUp(int descriptor);
    void note(const nlohmann::json& record, std::uint64_t begin, std::uint64_t bytes);
    std::optional<Entry> newest(std::uint64_t Place::*what, std::string_view wanted,
                                const std::string Capture::*field);

    std::filesystem::path file_;
    std::vector<Place> places_;  ///< oldest first
    std::uint64_t inode_ = 0, seenBytes_ = 0;
};

}  // namespace auricle::capture
