#include "capture/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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
    : captures_(std::move(state) / "captures"), parts_(std::move(cache) / "parts") {}

fs::path Store::partFile(const std::string& id) const {
    return parts_ / (id + ".part");
}

fs::path Store::finishedFile(const std::string& id) const {
    return partFile(id).concat(".whole");
}

fs::path Store::journalFile(const std::string& id) const {
    return captures_ / (id + std::string(journalEnding));
}

fs::path Store::historyFile() const {
    return captures_ / "history";
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

std::vector<Entry> Store::open() const {
    std::vector<Entry> entries;
    std::error_code fault;
    for (const auto& file : fs::directory_iterator(captures_, fault)) {
        if (file.path().extension() != journalEnding) continue;
        auto records = Journal::read(file.path());
        if (!records || records->empty()) continue;
        if (auto entry = entryOf(records->back())) entries.push_back(std::move(*entry));
    }
    return entries;
}

std::vector<Entry> Store::history() const {
    std::vector<Entry> entries;
    auto records = Journal::read(historyFile());
    if (!records) return entries;
    for (const auto& record : *records) {
        if (auto erased = record.find("erased"); erased != record.end()) {
            std::erase_if(entries, [&](const Entry& entry) { return entry.capture.id == *erased; });
        } else if (auto entry = entryOf(record)) {
            entries.push_back(std::move(*entry));
        }
    }
    return entries;
}

Result<void> Store::writeHistory(const nlohmann::json& record) {
    auto file = openFile(historyFile(), O_WRONLY | O_CREAT | O_APPEND);
    if (!file) return std::unexpected(file.error());
    // Two processes may finish at the same moment; the lock goes with the descriptor.
    ::flock(file->get(), LOCK_EX);
    auto line = journalLine(record);
    if (auto written = writeAll(file->get(), std::as_bytes(std::span(line))); !written) return written;
    return syncData(file->get());
}

Result<void> Store::archive(const Entry& entry) {
    if (auto written = writeHistory(toRecord(entry)); !written) return written;
    std::error_code ignored;
    fs::remove(journalFile(entry.capture.id), ignored);
    erasePart(entry.capture.id);
    return {};
}

void Store::erasePart(const std::string& id) {
    std::error_code ignored;
    fs::remove(partFile(id), ignored);
    fs::remove(partFile(id).concat(".new"), ignored);
    fs::remove(finishedFile(id), ignored);
}

void Store::erase(const std::string& id) {
    if (!isId(id)) return;
    std::error_code ignored;
    bool wasOpen = fs::remove(journalFile(id), ignored);
    erasePart(id);
    if (!wasOpen) (void)writeHistory({{"erased", id}});
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
