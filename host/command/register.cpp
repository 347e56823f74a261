#include "command/register.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "command/line.h"

namespace auricle::command {
namespace {

using installer::Change;
using installer::Outcome;
using installer::Report;
using nlohmann::json;

std::string_view sentence(Change change, bool isDryRun) {
    switch (change) {
        case Change::written:
            return isDryRun ? "would be registered" : "registered";
        case Change::updated:
            return isDryRun ? "would be brought up to date" : "brought up to date";
        case Change::unchanged:
            return "already registered";
        case Change::removed:
            return isDryRun ? "would be removed" : "removed";
        case Change::absent:
            return "was not registered";
        case Change::foreign:
            return "not touched";
        case Change::failed:
            return "failed";
    }
    return "";
}

void printLine(const Outcome& outcome, bool isDryRun) {
    const std::string what(sentence(outcome.change, isDryRun));
    if (!outcome.message.empty()) {
        std::fprintf(stderr, "%s: %s: %s\n", outcome.title.c_str(), what.c_str(), outcome.message.c_str());
        return;
    }
    std::printf("%s: %s (%s)\n", outcome.title.c_str(), what.c_str(), outcome.file.c_str());
    for (const auto& note : outcome.notes) std::printf("  Note: %s\n", note.c_str());
}

json toJson(const Outcome& outcome) {
    json entry{{"browser", outcome.browser},
               {"title", outcome.title},
               {"file", outcome.file.string()},
               {"result", installer::word(outcome.change)}};
    if (!outcome.message.empty()) entry["message"] = outcome.message;
    if (!outcome.notes.empty()) entry["notes"] = outcome.notes;
    return entry;
}

void printJson(const installer::Machine& machine, const Report& report, bool isDryRun) {
    json browsers = json::array();
    for (const Outcome& outcome : report.outcomes) browsers.push_back(toJson(outcome));
    const json all{{"program", machine.program.string()},
                   {"dryRun", isDryRun},
                   {"warnings", report.warnings},
                   {"browsers", browsers}};
    std::puts(all.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

void printText(const Report& report, bool isDryRun) {
    for (const auto& warning : report.warnings) std::fprintf(stderr, "Warning: %s\n", warning.c_str());
    for (const Outcome& outcome : report.outcomes) printLine(outcome, isDryRun);
    if (report.outcomes.empty()) std::puts("Nothing was registered, nothing is to be removed.");
}

int refuse(const Error& error) {
    std::fprintf(stderr, "auricle: %s\n", error.message.c_str());
    return error.kind == Kind::bad_params ? statusUsage : statusFailed;
}

using Action = Result<Report> (*)(const installer::Machine&, const installer::Request&);

int runAction(Action action, const RegisterOptions& options) {
    const Environment environment = [](const char* name) -> const char* { return std::getenv(name); };
    const auto machine = installer::thisMachine(findPaths(environment), environment);
    if (!machine) return refuse(machine.error());
    const auto report = action(*machine, options.request);
    if (!report) return refuse(report.error());
    options.isJson ? printJson(*machine, *report, options.request.isDryRun)
                   : printText(*report, options.request.isDryRun);
    return report->isWell() ? statusWell : statusFailed;
}

}  // namespace

int runInstall(const RegisterOptions& options) {
    return runAction(installer::install, options);
}

int runUninstall(const RegisterOptions& options) {
    return runAction(installer::uninstall, options);
}

}  // namespace auricle::command
