#include "capture/history.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <ranges>

#include "capture/journal.h"
#include "system/files.h"

namespace auricle::capture {
namespace {

using nlohmann::json;

constexpr std::size_t stepBytes = 1u << 20;

std::uint64_t hashOf(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

/// One line with its end.
std::optional<json> recordOf(std::string_view line) {
    std::size_t validBytes = 0;
    auto records = readJournal(line, validBytes);
    if (records.size() != 1) return std::nullopt;
    return std::move(records.front());
}

std::string textOf(const json& record, const char* name) {
    auto found = record.find(name);
    return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Every whole line from `from` to the end, in order. Gives the place behind the last one.
std::uint64_t eachLine(int descriptor, std::uint64_t from,
                       const std::function<void(std::string_view line, std::uint64_t begin)>& take) {
    std::string held;
    std::uint64_t read = from;
    for (;;) {
        auto before = held.size();
        held.resize(before + stepBytes);
        auto got = readAt(descriptor, read, std::as_writable_bytes(std::span(held).subspan(before)));
        held.resize(before + got.value_or(0));
        if (!got || *got == 0) return from;
        read += *got;
        std::size_t begin = 0;
        for (auto end = held.find('\n'); end != std::string::npos; end = held.find('\n', begin)) {
            take(std::string_view(held).substr(begin, end + 1 - begin), from);
            from += end + 1 - begin;
            begin = end + 1;
        }
        held.erase(0, begin);
    }
}

/// A crash may have left half a line, to which the next one must not be joined.
Result<void> endTornLine(int descriptor) {
    auto bytes = sizeOf(descriptor);
    if (!bytes) return std::unexpected(bytes.error());
    char last = '\n';
    if (*bytes > 0) {
        auto read = readAt(descriptor, *bytes - 1, std::as_writable_bytes(std::span(&last, 1)));
        if (!read) return std::unexpected(read.error());
    }
    return last == '\n' ? Result<void>() : writeAll(descriptor, std::as_bytes(std::span("\n", 1)));
}

}  // namespace

void History::note(const json& record, std::uint64_t begin, std::uint64_t bytes) {
    if (auto erased = record.find("erased"); erased != record.end() && erased->is_string()) {
        auto id = hashOf(erased->get<std::string>());
        std::erase_if(places_, [id](const Place& place) { return place.id == id; });
        return;
    }
    places_.push_back({.id = hashOf(textOf(record, "id")),
                       .key = hashOf(textOf(record, "key")),
                       .page = hashOf(textOf(record, "page")),
                       .begin = begin,
                       .bytes = bytes});
}

void History::forget() {
    places_.clear();
    inode_ = seenBytes_ = 0;
}

void History::catchUp(int descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) return;
    if (found.st_ino != inode_ || static_cast<std::uint64_t>(found.st_size) < seenBytes_) forget();
    inode_ = found.st_ino;
    if (static_cast<std::uint64_t>(found.st_size) == seenBytes_) return;
    seenBytes_ = eachLine(descriptor, seenBytes_, [this](std::string_view line, std::uint64_t begin) {
        if (auto record = recordOf(line)) note(*record, begin, line.size());
    });
}

std::optional<Entry> History::newest(std::uint64_t Place::*what, std::string_view wanted,
                                     const std::string Capture::*field) {
    auto file = openFile(file_, O_RDONLY);
    if (!file) {
        forget();
        return std::nullopt;
    }
    catchUp(file->get());
    auto hash = hashOf(wanted);
    for (const auto& place : places_ | std::views::reverse) {
        if (place.*what != hash) continue;
        std::string line(place.bytes, '\0');
        auto read = readAt(file->get(), place.begin, std::as_writable_bytes(std::span(line)));
        auto record = read ? recordOf(line) : std::nullopt;
        auto entry = record ? entryOf(*record) : std::nullopt;
        if (entry && entry->capture.*field == wanted) return entry;
    }
    return std::nullopt;
}

std::optional<Entry> History::byId(std::string_view id) {
    return newest(&Place::id, id, &Capture::id);
}

std::optional<Entry> History::byKey(std::string_view key) {
    return newest(&Place::key, key, &Capture::key);
}

std::optional<Entry> History::byPage(std::string_view page) {
    return newest(&Place::page, page, &Capture::page);
}

std::vector<Entry> History::all() {
    std::vector<Entry> entries;
    auto file = openFile(file_, O_RDONLY);
    if (!file) {
        forget();
        return entries;
    }
    catchUp(file->get());
    entries.reserve(places_.size());
    auto place = places_.begin();
    eachLine(file->get(), 0, [&](std::string_view line, std::uint64_t begin) {
        if (place == places_.end() || place->begin != begin) return;
        ++place;
        auto record = recordOf(line);
        if (auto entry = record ? entryOf(*record) : std::nullopt) entries.push_back(std::move(*entry));
    });
    return entries;
}

Result<void> History::append(const json& record) {
    auto file = openFile(file_, O_RDWR | O_CREAT | O_APPEND);
    if (!file) return std::unexpected(file.error());
    // Two processes may finish at the same moment; the lock goes with the descriptor.
    ::flock(file->get(), LOCK_EX);
    if (auto ended = endTornLine(file->get()); !ended) return ended;
    auto line = journalLine(record);
    if (auto written = writeAll(file->get(), std::as_bytes(std::span(line))); !written) return written;
    return syncData(file->get());
}

Result<void> History::add(const Entry& entry) {
    return append(toRecord(entry));
}

Result<void> History::erase(std::string_view id) {
    return append({{"erased", id}});
}

}  // namespace auricle::capture
