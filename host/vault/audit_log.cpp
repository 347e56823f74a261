#include "vault/audit_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "system/files.h"
#include "system/paths.h"
#include "system/rfc3339.h"

namespace auricle::vault {
namespace {

using nlohmann::json;

constexpr std::size_t mostOutcomeBytes = 200;

std::string lineOf(const AuditEvent& event, std::int64_t atMs) {
    json record{{"at", rfc3339(atMs)},
                {"event", event.event},
                {"site", event.site},
                {"origin", event.origin},
                {"outcome", event.outcome.substr(0, mostOutcomeBytes)}};
    if (!event.capture.empty()) record["capture"] = event.capture;
    // An outcome that was cut within a character is still told.
    return record.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

/// Nothing for a line that a crash tore.
std::optional<AuditRecord> recordOf(std::string_view line) {
    auto record = json::parse(line, nullptr, false);
    if (!record.is_object()) return std::nullopt;
    auto text = [&record](const char* name) {
        auto found = record.find(name);
        return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    auto at = msOfRfc3339(text("at"));
    if (!at) return std::nullopt;
    return AuditRecord{.atMs = *at,
                       .event = {.event = text("event"),
                                 .site = text("site"),
                                 .origin = text("origin"),
                                 .capture = text("capture"),
                                 .outcome = text("outcome")}};
}

std::uint64_t inodeOf(int descriptor) {
    struct stat found {};
    return ::fstat(descriptor, &found) == 0 ? found.st_ino : 0;
}

/// The file under its lock, which goes with the descriptor. Another process may rename it while this one
/// waits.
Result<FileHandle> openLocked(const std::filesystem::path& path) {
    for (;;) {
        auto file = openFile(path, O_RDWR | O_CREAT | O_APPEND);
        if (!file) return file;
        ::flock(file->get(), LOCK_EX);
        auto again = openFile(path, O_RDONLY);
        if (again && inodeOf(again->get()) == inodeOf(file->get())) return file;
    }
}

/// One of the two files as it is now; empty where it is not there.
struct Held {
    std::uint64_t inode = 0;
    std::string text;
};

Result<Held> heldIn(const std::filesystem::path& path) {
    Held held;
    auto file = openFile(path, O_RDONLY);
    // It is not there yet: nothing has happened.
    if (!file) return held;
    auto bytes = sizeOf(file->get());
    if (!bytes) return std::unexpected(bytes.error());
    held.inode = inodeOf(file->get());
    held.text.resize(static_cast<std::size_t>(*bytes));
    auto read = readAt(file->get(), 0, std::as_writable_bytes(std::span(held.text)));
    if (!read) return std::unexpected(read.error());
    // What is half written does not count yet.
    held.text.resize(held.text.rfind('\n', *read) == std::string::npos ? 0
                                                                       : held.text.rfind('\n', *read) + 1);
    return held;
}

/// A place in one of the files: the beginning of a line.
struct Place {
    std::uint64_t inode = 0, offset = 0;

    std::string text() const { return std::to_string(inode) + "." + std::to_string(offset); }
    static std::optional<Place> of(std::string_view text) {
        Place place;
        auto* end = text.data() + text.size();
        auto inode = std::from_chars(text.data(), end, place.inode);
        if (inode.ec != std::errc{} || inode.ptr == end || *inode.ptr != '.') return std::nullopt;
        auto offset = std::from_chars(inode.ptr + 1, end, place.offset);
        if (offset.ec != std::errc{} || offset.ptr != end) return std::nullopt;
        return place;
    }
};

std::unexpected<Error> unknownPlace() {
    return std::unexpected(
        Error{.kind = Kind::bad_params,
              .message = "This place is not in the audit any more. Begin again without `after`.",
              .path = "/after"});
}

}  // namespace

AuditLog::AuditLog(std::filesystem::path file, Clock now, std::uint64_t maxBytes)
    : file_(std::move(file)), now_(std::move(now)), maxBytes_(maxBytes) {}

std::filesystem::path AuditLog::olderFile() const {
    auto older = file_;
    older += ".1";
    return older;
}

Result<void> AuditLog::record(const AuditEvent& event) {
    if (!makePrivateFolder(file_.parent_path()))
        return std::unexpected(systemError(errno, "The folder of the audit could not be made"));
    auto file = openLocked(file_);
    if (!file) return std::unexpected(file.error());
    auto bytes = sizeOf(file->get());
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes >= maxBytes_) {
        std::error_code fault;
        std::filesystem::rename(file_, olderFile(), fault);
        if (fault) return std::unexpected(systemError(fault.value(), "The audit could not be rotated"));
        file = openLocked(file_);
        if (!file) return std::unexpected(file.error());
    }
    auto atMs = std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count();
    auto line = lineOf(event, atMs);
    return writeAll(file->get(), std::as_bytes(std::span(line)));
}

Result<AuditPage> AuditLog::read(std::optional<std::string_view> after, std::size_t limit) const {
    auto from = after ? Place::of(*after) : std::nullopt;
    if (after && !from) return unknownPlace();
    AuditPage page;
    bool hasBegun = !from;
    for (const auto& path : {file_, olderFile()}) {
        auto held = heldIn(path);
        if (!held) return std::unexpected(held.error());
        auto end = held->text.size();
        if (!hasBegun) {
            if (held->inode != from->inode || from->offset > end) continue;
            hasBegun = true;
            end = static_cast<std::size_t>(from->offset);
        }
        while (end > 0) {
            auto before = end >= 2 ? held->text.rfind('\n', end - 2) : std::string::npos;
            auto begin = before == std::string::npos ? 0 : before + 1;
            if (page.records.size() == limit) {
                page.next = Place{.inode = held->inode, .offset = end}.text();
                return page;
            }
            auto line = std::string_view(held->text).substr(begin, end - begin);
            if (auto record = recordOf(line)) page.records.push_back(std::move(*record));
            end = begin;
        }
    }
    if (!hasBegun) return unknownPlace();
    return page;
}

}  // namespace auricle::vault
