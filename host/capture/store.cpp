#include "capture/store.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "system/paths.h"

namespace auricle::capture {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view journalEnding = ".journal";

/// Ids become file names: they are our own hex digits, and nothing else is ever looked up on the disk.
bool isId(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Result<void> makeFolder(const fs::path& folder) {
    if (makePrivateFolder(folder)) return {};
    return std::unexpected(systemError(errno, "The folder " + folder.string() + " could not be made"));
}

}  // namespace

Store::Store(fs::path state, fs::path cache)
    : captures_(std::move(state) / "captures"),
      parts_(std::move(cache) / "parts"),
      history_(captures_ / "history") {}

fs::path Store::partFile(const std::string& id) const {
    return parts_ / (id + ".part");
}

fs::path Store::workFolder(const std::string& id) const {
    return partFile(id).concat(".work");
}

fs::path Store::journalFile(const std::string& id) const {
    return captures_ / (id + std::string(journalEnding));
}

Result<Journal> Store::create(const Entry& entry) {
    if (auto made = makeFolder(captures_); !made) return std::unexpected(made.error());
    if (auto made = makeFolder(parts_); !made) return std::unexpected(made.error());
    auto journal = Journal::create(journalFile(entry.capture.id));
    if (!journal) return journal;
    if (auto written = journal->append(toRecord(entry)); !written) {
        std::error_code ignored;
        fs::remove(journalFile(entry.capture.id), ignored);
        return std::unexpected(written.error());
    }
    return journal;
}

Result<Held> Store::take(const std::string& id) {
    if (!isId(id) || !fs::exists(journalFile(id))) return fail(Kind::not_found, "There is no such capture.");
    auto opened = Journal::open(journalFile(id));
    if (!opened) return std::unexpected(opened.error());
    auto entry = opened->records.empty() ? std::nullopt : entryOf(opened->records.back());
    if (!entry)
        return fail(Kind::not_found, "What was written down of this capture cannot be read; start it again.");
    if (auto made = makeFolder(parts_); !made) return std::unexpected(made.error());
    return Held{std::move(opened->journal), std::move(*entry)};
}

const Store::Seen& Store::look(const fs::directory_entry& file) {
    std::error_code fault;
    auto& seen = seen_[file.path()];
    auto bytes = file.file_size(fault);
    auto at = file.last_write_time(fault);
    if (!fault && seen.entry && seen.bytes == bytes && seen.at == at) return seen;
    auto records = Journal::read(file.path());
    seen = {.bytes = bytes,
            .at = at,
            .entry = records && !records->empty() ? entryOf(records->back()) : std::nullopt};
    return seen;
}

std::vector<Entry> Store::open() {
    std::vector<Entry> entries;
    std::set<fs::path> there;
    std::error_code fault;
    for (const auto& file : fs::directory_iterator(captures_, fault)) {
        if (file.path().extension() != journalEnding) continue;
        there.insert(file.path());
        if (const auto& entry = look(file).entry) entries.push_back(*entry);
    }
    std::erase_if(seen_, [&](const auto& seen) { return !there.contains(seen.first); });
    return entries;
}

std::optional<Entry> Store::find(const std::string& id) {
    if (!isId(id)) return std::nullopt;
    auto records = Journal::read(journalFile(id));
    if (records && !records->empty()) return entryOf(records->back());
    return history_.byId(id);
}

std::optional<Entry> Store::findByKey(std::string_view key) {
    for (auto& entry : open()) {
        if (entry.capture.key == key) return std::move(entry);
    }
    return history_.byKey(key);
}

Result<void> Store::archive(const Entry& entry) {
    if (auto written = history_.add(entry); !written) return written;
    std::error_code ignored;
    fs::remove(journalFile(entry.capture.id), ignored);
    erasePart(entry.capture.id);
    return {};
}

void Store::erasePart(const std::string& id) {
    std::error_code ignored;
    fs::remove(partFile(id), ignored);
    fs::remove(partFile(id).concat(".new"), ignored);
    fs::remove_all(workFolder(id), ignored);
}

void Store::erase(const std::string& id) {
    if (!isId(id)) return;
    std::error_code ignored;
    bool wasOpen = fs::remove(journalFile(id), ignored);
    erasePart(id);
    if (!wasOpen) (void)history_.erase(id);
}

void Store::eraseOlderThan(std::int64_t unixMs) {
    for (const auto& entry : open()) {
        const auto& capture = entry.capture;
        bool isOld = isOver(capture.state) && capture.endedAtMs.value_or(capture.startedAtMs) < unixMs;
        if (!isOld) continue;
        // Whoever holds it is about to use it.
        if (auto held = take(capture.id); held) erase(capture.id);
    }
}

}  // namespace auricle::capture
