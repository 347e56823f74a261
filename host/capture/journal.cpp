#include "capture/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

namespace auricle::capture {
namespace {

using nlohmann::json;

constexpr std::uint64_t mostJournalBytes = 256u << 20;
constexpr std::size_t checksumDigits = 8;

std::uint32_t checksum(std::string_view text) {
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    return crc.checksum();
}

std::string hex(std::uint32_t value) {
    char digits[checksumDigits + 1];
    std::snprintf(digits, sizeof digits, "%08x", value);
    return digits;
}

Result<std::string> readWhole(int descriptor) {
    auto bytes = sizeOf(descriptor);
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes > mostJournalBytes)
        return fail(Kind::internal, "A journal of Auricle's is larger than any it writes; move it away.");
    std::string text(*bytes, '\0');
    auto read = readAt(descriptor, 0, std::as_writable_bytes(std::span(text)));
    if (!read) return std::unexpected(read.error());
    text.resize(*read);
    return text;
}

Result<void> lock(int descriptor) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
    return fail(Kind::not_ready, "This capture belongs to another browser's Auricle that is still running.",
                true);
}

}  // namespace

std::string journalLine(const json& record) {
    auto text = record.dump(-1, ' ', false, json::error_handler_t::replace);
    return hex(checksum(text)) + " " + text + "\n";
}

std::vector<json> readJournal(std::string_view text, std::size_t& validBytes) {
    std::vector<json> records;
    validBytes = 0;
    while (validBytes < text.size()) {
        auto end = text.find('\n', validBytes);
        if (end == std::string_view::npos || end < validBytes + checksumDigits + 1) break;
        auto line = text.substr(validBytes, end - validBytes);
        std::uint32_t said = 0;
        auto [digits, fault] = std::from_chars(line.data(), line.data() + checksumDigits, said, 16);
        auto body = line.substr(checksumDigits + 1);
        if (fault != std::errc{} || digits != line.data() + checksumDigits || said != checksum(body)) break;
        auto record = json::parse(body, nullptr, false);
        if (record.is_discarded()) break;
        records.push_back(std::move(record));
        validBytes = end + 1;
    }
    return records;
}

Result<Journal> Journal::create(const std::filesystem::path& file) {
    auto handle = openFile(file, O_RDWR | O_CREAT | O_EXCL | O_APPEND);
    if (!handle) return std::unexpected(handle.error());
    if (auto locked = lock(handle->get()); !locked) return std::unexpected(locked.error());
    return Journal(std::move(*handle));
}

Result<Journal::Opened> Journal::open(const std::filesystem::path& file) {
    auto handle = openFile(file, O_RDWR | O_APPEND);
    if (!handle) return std::unexpected(handle.error());
    if (auto locked = lock(handle->get()); !locked) return std::unexpected(locked.error());
    auto text = readWhole(handle->get());
    if (!text) return std::unexpected(text.error());
    std::size_t validBytes = 0;
    auto records = readJournal(*text, validBytes);
    if (validBytes < text->size() && ::ftruncate(handle->get(), static_cast<off_t>(validBytes)) != 0) {
        return std::unexpected(systemError(errno, "A journal's torn end could not be cut"));
    }
    return Opened{Journal(std::move(*handle)), std::move(records)};
}

Result<std::vector<json>> Journal::read(const std::filesystem::path& file) {
    auto handle = openFile(file, O_RDONLY);
    if (!handle) return std::unexpected(handle.error());
    auto text = readWhole(handle->get());
    if (!text) return std::unexpected(text.error());
    std::size_t validBytes = 0;
    return readJournal(*text, validBytes);
}

Result<void> Journal::append(const json& record) {
    auto line = journalLine(record);
    return writeAll(file_.get(), std::as_bytes(std::span(line)));
}

Result<void> Journal::sync() {
    return syncData(file_.get());
}

}  // namespace auricle::capture
