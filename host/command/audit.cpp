#include "command/audit.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <ranges>

#include "channel/methods.h"
#include "command/line.h"
#include "command/watch.h"
#include "system/rfc3339.h"

namespace auricle::command {
namespace {

void printRow(const vault::AuditRecord& record) {
    const auto& event = record.event;
    std::printf("%s  %-16s %-10s %-40s %s%s%s\n", rfc3339(record.atMs).c_str(), event.event.c_str(),
                event.site.empty() ? "-" : event.site.c_str(), event.origin.c_str(), event.outcome.c_str(),
                event.capture.empty() ? "" : "  capture ", event.capture.c_str());
}

}  // namespace

int printAudit(const AuditOptions& options) {
    auto page = auditLogOf(findPaths()).read({}, options.limit);
    if (!page) {
        std::fprintf(stderr, "auricle: %s\n", page.error().message.c_str());
        return statusFailed;
    }
    if (page->records.empty() && !options.isJson) std::puts("Nothing has happened to a secret yet.");
    for (const auto& record : page->records | std::views::reverse) {
        if (options.isJson)
            std::puts(channel::toJson(record)
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                          .c_str());
        else
            printRow(record);
    }
    return statusWell;
}

}  // namespace auricle::command
