#include "command/stats.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "command/line.h"
#include "command/watch.h"
#include "system/rfc3339.h"

namespace auricle::command {
namespace {

/// A label's value, with what would end it escaped.
std::string labelValue(std::string_view value) {
    std::string text = "\"";
    for (char letter : value) {
        if (letter == '\\' || letter == '"') text += '\\';
        letter == '\n' ? text += "\\n" : text += letter;
    }
    return text + '"';
}

class Exposition {
  public:
    void family(std::string_view name, std::string_view help) {
        name_ = name;
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " counter\n";
    }
    void sample(std::uint64_t value, const std::string& labels = {}) {
        text_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
    }
    /// Seconds, of which there are none in ms.
    void seconds(std::uint64_t ms, const std::string& labels) {
        char value[40];
        std::snprintf(value, sizeof value, "%llu.%03llu", static_cast<unsigned long long>(ms / 1000),
                      static_cast<unsigned long long>(ms % 1000));
        text_ += name_ + "{" + labels + "} " + value + "\n";
    }
    std::string take() { return std::move(text_); }

  private:
    std::string name_, text_;
};

std::string megabytes(std::uint64_t bytes) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
    return text;
}

void row(const char* what, const std::string& value) {
    std::printf("%-32s %s\n", what, value.c_str());
}

void printTable(const capture::Totals& totals) {
    if (totals.sinceMs == 0) {
        std::puts("Nothing was counted yet.");
        return;
    }
    row("Counted since", rfc3339(totals.sinceMs));
    for (const auto& [site, outcomes] : totals.captures)
        for (const auto& [outcome, count] : outcomes)
            row(("Captures, " + site + ", " + outcome).c_str(), std::to_string(count));
    row("Fetched", megabytes(totals.fetchedBytes));
    row("Not downloaded", megabytes(totals.savedBytes));
    row("Uploads", std::to_string(totals.uploads) + ", " + megabytes(totals.uploadedBytes));
    for (const auto& [reason, count] : totals.cookieFailures)
        row(("Cookies failed, " + reason).c_str(), std::to_string(count));
    for (const auto& [site, one] : totals.refreshes) {
        auto average = one.completed ? one.tookMs / one.completed : 0;
        row(("Refreshes, " + site).c_str(),
            std::to_string(one.completed) + " completed (" + std::to_string(average) + " ms on average, " +
                std::to_string(one.longestMs) + " ms at most), " + std::to_string(one.failed) + " failed");
    }
}

}  // namespace

std::string prometheusText(const capture::Totals& totals) {
    Exposition out;
    out.family("auricle_captures_total", "Captures that ended, by site and outcome.");
    for (const auto& [site, outcomes] : totals.captures)
        for (const auto& [outcome, count] : outcomes)
            out.sample(count, "site=" + labelValue(site) + ",outcome=" + labelValue(outcome));
    out.family("auricle_fetched_bytes_total", "Bytes fetched by captures that are done.");
    out.sample(totals.fetchedBytes);
    out.family("auricle_saved_bytes_total", "Bytes that the videos of these captures would have cost more.");
    out.sample(totals.savedBytes);
    out.family("auricle_uploads_total", "Files that a backend has received.");
    out.sample(totals.uploads);
    out.family("auricle_uploaded_bytes_total", "Bytes of these files.");
    out.sample(totals.uploadedBytes);
    out.family("auricle_cookie_failures_total", "Sessions that were no good, by reason.");
    for (const auto& [reason, count] : totals.cookieFailures)
        out.sample(count, "reason=" + labelValue(reason));
    out.family("auricle_refreshes_total", "Refreshes of a session, by site and outcome.");
    for (const auto& [site, one] : totals.refreshes) {
        out.sample(one.completed, "site=" + labelValue(site) + ",outcome=\"completed\"");
        out.sample(one.failed, "site=" + labelValue(site) + ",outcome=\"failed\"");
    }
    out.family("auricle_refresh_seconds_total", "Time that completed refreshes took, together.");
    for (const auto& [site, one] : totals.refreshes) out.seconds(one.tookMs, "site=" + labelValue(site));
    return out.take();
}

int printStats(const std::string& format) {
    auto totals = countersOf(findPaths()).read();
    if (format == "prometheus")
        std::fputs(prometheusText(totals).c_str(), stdout);
    else if (format == "json")
        std::puts(toJson(totals).dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    else
        printTable(totals);
    return statusWell;
}

}  // namespace auricle::command
