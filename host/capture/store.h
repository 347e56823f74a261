// The captures on the disk: one journal for each that is not over, one history for those that are done.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/entry.h"
#include "capture/history.h"
#include "capture/journal.h"
#include "system/error.h"

namespace auricle::capture {

/// A capture's journal that this process holds.
struct Held {
    Journal journal;
    Entry entry;
};

/// Several processes (a browser each) share the folders: who runs a capture holds its journal's lock.
class Store {
  public:
    /// `state` holds the journals, `cache` the part files. Creates nothing before the first capture.
    Store(std::filesystem::path state, std::filesystem::path cache);

    Result<Journal> create(const Entry& entry);
    /// Takes over what an ended process left, or what failed or was cancelled. not_found when there is none
    /// of that id, not_ready when another process runs it.
    Result<Held> take(const std::string& id);
    /// Every journal's last record, also those that other processes hold. Only what has changed since the
    /// last call is read.
    std::vector<Entry> open();
    /// What was done.
    History& history() { return history_; }
    /// As it is on the disk, whoever runs it.
    std::optional<Entry> find(const std::string& id);
    std::optional<Entry> findByKey(std::string_view key);

    /// The capture is done: it goes to the history, and its journal and part file go.
    Result<void> archive(const Entry& entry);
    /// Nothing is left of it: journal, part files, a place in the history. A delivered file stays where it
    /// is.
    void erase(const std::string& id);
    void erasePart(const std::string& id);
    /// Part files and journals of captures that are over and older than this go (captures.keepPartsDays).
    void eraseOlderThan(std::int64_t unixMs);

    std::filesystem::path partFile(const std::string& id) const;
    /// Where what is made of the part file goes, beside it: a folder of this capture alone.
    std::filesystem::path workFolder(const std::string& id) const;

  private:
    /// A journal's last record, and the file as it was when that was read.
    struct Seen {
        std::uintmax_t bytes = 0;
        std::filesystem::file_time_type at;
        std::optional<Entry> entry;
    };

    std::filesystem::path journalFile(const std::string& id) const;
    const Seen& look(const std::filesystem::directory_entry& file);

    std::filesystem::path captures_, parts_;
    History history_;
    std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace auricle::capture
