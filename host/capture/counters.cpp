#include "capture/counters.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "system/files.h"
#include "system/paths.h"
#include "system/rfc3339.h"

namespace auricle::capture {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::uint64_t numberIn(const json& object, const char* name) {
    auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

const json& objectIn(const json& object, const char* name) {
    static const json none = json::object();
    auto found = object.find(name);
    return found != object.end() && found->is_object() ? *found : none;
}

void readCounts(const json& object, std::map<std::string, std::uint64_t>& into) {
    for (const auto& [name, count] : object.items())
        if (count.is_number_unsigned()) into[name] = count.get<std::uint64_t>();
}

/// What another version has written beside these is left out; what is no number counts as none.
Totals totalsOf(const json& record) {
    Totals totals;
    if (!record.is_object()) return totals;
    auto since = record.find("since");
    if (since != record.end() && since->is_string())
        totals.sinceMs = msOfRfc3339(since->get<std::string>()).value_or(0);
    for (const auto& [site, counts] : objectIn(record, "captures").items())
        if (counts.is_object()) readCounts(counts, totals.captures[site]);
    const auto& bytes = objectIn(record, "bytes");
    totals.fetchedBytes = numberIn(bytes, "fetched");
    totals.savedBytes = numberIn(bytes, "saved");
    const auto& uploads = objectIn(record, "uploads");
    totals.uploads = numberIn(uploads, "completed");
    totals.uploadedBytes = numberIn(uploads, "bytes");
    readCounts(objectIn(record, "cookieFailures"), totals.cookieFailures);
    for (const auto& [site, one] : objectIn(record, "refreshes").items()) {
        if (!one.is_object()) continue;
        totals.refreshes[site] = {.completed = numberIn(one, "completed"),
                                  .failed = numberIn(one, "failed"),
                                  .tookMs = numberIn(one, "tookMs"),
                                  .longestMs = numberIn(one, "longestMs")};
    }
    return totals;
}

Totals totalsIn(const fs::path& path) {
    auto file = openFile(path, O_RDONLY);
    if (!file) return {};
    auto bytes = sizeOf(file->get());
    std::string text(static_cast<std::size_t>(bytes.value_or(0)), '\0');
    auto read = readAt(file->get(), 0, std::as_writable_bytes(std::span(text)));
    return read ? totalsOf(json::parse(text, nullptr, false)) : Totals{};
}

/// Whoever reads it finds the old counts or the new ones.
Result<void> replace(const fs::path& path, const std::string& text) {
    auto beside = path;
    beside += ".new";
    auto file = openFile(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return std::unexpected(file.error());
    if (auto written = writeAll(file->get(), std::as_bytes(std::span(text))); !written) return written;
    if (auto synced = syncData(file->get()); !synced) return synced;
    std::error_code fault;
    fs::rename(beside, path, fault);
    if (fault) return std::unexpected(systemError(fault.value(), "The counters could not be written"));
    return {};
}

}  // namespace

json toJson(const Totals& totals) {
    auto refreshes = json::object();
    for (const auto& [site, one] : totals.refreshes)
        refreshes[site] = {{"completed", one.completed},
                           {"failed", one.failed},
                           {"tookMs", one.tookMs},
                           {"longestMs", one.longestMs}};
    return {{"since", totals.sinceMs ? json(rfc3339(totals.sinceMs)) : json()},
            {"captures", totals.captures},
            {"bytes", {{"fetched", totals.fetchedBytes}, {"saved", totals.savedBytes}}},
            {"uploads", {{"completed", totals.uploads}, {"bytes", totals.uploadedBytes}}},
            {"cookieFailures", totals.cookieFailures},
            {"refreshes", std::move(refreshes)}};
}

Result<void> Counters::ended(const Capture& capture) {
    return change([&capture](Totals& totals) {
        auto outcome =
            capture.error ? std::string(word(capture.error->kind)) : std::string(word(capture.state));
        ++totals.captures[capture.site][outcome];
        if (capture.state != State::done || !capture.result) return;
        auto fetched = capture.plan && capture.plan->bytes ? capture.plan->bytes : capture.done;
        totals.fetchedBytes += fetched;
        if (capture.plan && capture.plan->wholeBytes > fetched)
            totals.savedBytes += capture.plan->wholeBytes - fetched;
        if (capture.target.to != delivery::Target::To::backend) return;
        ++totals.uploads;
        totals.uploadedBytes += capture.result->bytes;
    });
}

Result<void> Counters::cookiesFailed(std::string_view reason) {
    return change([&](Totals& totals) { ++totals.cookieFailures[std::string(reason)]; });
}

Result<void> Counters::refreshed(std::string_view site, bool isCompleted, std::chrono::milliseconds took) {
    return change([&](Totals& totals) {
        auto& one = totals.refreshes[std::string(site)];
        if (!isCompleted) {
            ++one.failed;
            return;
        }
        auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
        ++one.completed;
        one.tookMs += ms;
        one.longestMs = std::max(one.longestMs, ms);
    });
}

Result<void> Counters::change(const std::function<void(Totals&)>& by) {
    if (!makePrivateFolder(file_.parent_path()))
        return std::unexpected(systemError(errno, "The folder of the counters could not be made"));
    // Of its own, for the counters' file is another one after each change.
    auto lockFile = file_;
    lockFile += ".lock";
    auto lock = openFile(lockFile, O_RDWR | O_CREAT);
    if (!lock) return std::unexpected(lock.error());
    ::flock(lock->get(), LOCK_EX);
    auto totals = totalsIn(file_);
    if (totals.sinceMs == 0)
        totals.sinceMs =
            std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count();
    by(totals);
    return replace(file_, toJson(totals).dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

Totals Counters::read() const {
    return totalsIn(file_);
}

}  // namespace auricle::capture
