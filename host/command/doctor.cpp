#include "command/doctor.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>

#include "command/backend_check.h"
#include "command/bearer.h"
#include "command/doctor_report.h"
#include "command/line.h"
#include "command/machine_check.h"
#include "command/network.h"
#include "command/session_check.h"
#include "command/tool_check.h"
#include "command/watch.h"
#include "delivery/backend_address.h"
#include "installer/manifest_check.h"
#include "installer/mend.h"
#include "installer/program.h"
#include "system/files.h"
#include "system/tools.h"

namespace auricle::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using installer::Finding;
using installer::Findings;
using installer::Severity;

constexpr int mostRounds = 3;  // a repair may bring the next trouble to light

const char* variable(const char* name) {
    return std::getenv(name);
}

std::string personPath() {
    const char* path = variable("PATH");
    return path == nullptr ? "" : path;
}

void append(Findings& to, Findings from) {
    std::ranges::move(from, std::back_inserter(to));
}

/// Runs a check that waits for programs or the network to its end.
Findings waitFor(asio::io_context& loop, asio::awaitable<Findings> check) {
    Findings found;
    asio::co_spawn(loop, std::move(check), [&](const std::exception_ptr& fault, Findings findings) {
        if (fault) std::rethrow_exception(fault);
        found = std::move(findings);
    });
    loop.restart();
    loop.run();
    return found;
}

bool isMemoryLocked() {
    const vault::Secret any(1);
    return vault::secretLocking().allLocked;
}

/// Of the audit: more than a day has.
constexpr std::size_t eventsToLookAt = 2000;

std::int64_t nowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// The nearest folder above that exists, which says how much room there is.
fs::path nearest(fs::path folder) {
    std::error_code ignored;
    while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
    return folder;
}

class Doctor {
  public:
    Doctor(const DoctorOptions& options, const Hardening& hardening, Paths paths, installer::Machine machine,
           const vault::Secret* bearer)
        : options_(options),
          hardening_(hardening),
          paths_(std::move(paths)),
          machine_(std::move(machine)),
          bearer_(bearer) {}

    DoctorReport run() {
        DoctorReport report{.program = machine_.program, .wasFixing = options_.mayFix};
        Findings mendable = lookAtMendable();
        for (int round = 0; options_.mayFix && round < mostRounds && mendAll(mendable, report); ++round)
            mendable = lookAtMendable();
        report.findings = std::move(mendable);
        append(report.findings, lookAtRest());
        return report;
    }

  private:
    /// Browsers and folders: what this program may be able to set right.
    Findings lookAtMendable() const {
        Findings findings;
        const installer::TryHost tryHost = [this](const installer::TrialStart& start) {
            const auto environment = installer::browserEnvironment(variable);
            return installer::judge(
                startAndGreet(start, environment, std::chrono::milliseconds(options_.waitMs)));
        };
        const auto folders = toolFolders(personPath(), paths_.home);
        const auto lookups = installer::lookupsOn(machine_, folders);
        for (const auto& lookup : lookups)
            append(findings,
                   checkBrowser(lookup, installer::readPolicies(lookup.policyFolders), machine_, tryHost));
        if (lookups.empty())
            findings.push_back({.id = "browser.none",
                                .severity = Severity::warning,
                                .about = "Browsers",
                                .sentence = "There is no browser here that Auricle knows.",
                                .remedy = "Start your browser once, then run `auricle install`."});
        append(findings, checkOwnFolder("State", paths_.state));
        append(findings, checkOwnFolder("Part files", paths_.cache));
        return findings;
    }

    Findings lookAtRest() {
        Findings findings;
        for (const auto& warning :
             installer::programWarnings(machine_.program, machine_.folders.config, machine_.temporaryFolders))
            findings.push_back({.id = "program.place",
                                .severity = Severity::warning,
                                .about = "This program",
                                .sentence = warning});
        const auto loaded = loadConfig(paths_);
        append(findings, checkConfig(paths_, loaded));
        append(findings, checkDisk(paths_.cache, freeBytes(nearest(paths_.cache))));
        append(findings, checkHardening(hardening_, isMemoryLocked()));
        append(findings, checkSessions(auditLogOf(paths_).read({}, eventsToLookAt), nowMs()));
        const Config config = loaded ? loaded->config : Config{};
        if (loaded) append(findings, checkDeliveryFolder(config.delivery.folder));
        append(findings, waitFor(loop_, checkTools(config, paths_.home, personPath())));
        // What a file that cannot be read says of backends and proxies is not to be guessed.
        if (loaded) append(findings, lookAtBackends(config));
        return findings;
    }

    Findings lookAtBackends(const Config& config) {
        auto origins = config.backends;
        if (!options_.backend.empty() && std::ranges::count(origins, options_.backend) == 0)
            origins.push_back(options_.backend);
        if (origins.empty())
            return {{.id = "backend.none",
                     .severity = Severity::note,
                     .about = "Backend",
                     .sentence = "None is configured here; the extension may name any over https.",
                     .remedy = "To try yours: auricle doctor --backend https://…"}};
        Findings findings;
        if (bearer_ != nullptr && options_.backend.empty() && origins.size() > 1)
            findings.push_back(
                {.id = "backend.token_unused",
                 .severity = Severity::warning,
                 .about = "Backend",
                 .sentence = "The token was not tried: it does not say which backend it is for.",
                 .remedy = "Name the backend: --backend ORIGIN"});
        net::CurlClient http(loop_.get_executor(), networkOptions(config));
        for (const auto& origin : origins) {
            const auto url = delivery::judgeBackend(origin, config.backends);
            if (!url) {
                findings.push_back({.id = "backend.not_allowed",
                                    .severity = Severity::broken,
                                    .about = origin,
                                    .sentence = url.error().message});
                continue;
            }
            BackendTrial trial{
                .origin = *url, .bearer = bearerFor(origin, origins), .waitMs = options_.waitMs};
            append(findings, waitFor(loop_, checkBackend(http, std::move(trial))));
        }
        return findings;
    }

    /// The token is for the backend that was named, or the only one there is; for no other.
    const vault::Secret* bearerFor(const std::string& origin, const std::vector<std::string>& all) const {
        const bool isMeant = options_.backend.empty() ? all.size() == 1 : origin == options_.backend;
        return isMeant ? bearer_ : nullptr;
    }

    /// Carries out each repair once. True where something was changed.
    bool mendAll(const Findings& findings, DoctorReport& report) {
        bool hasChanged = false;
        std::vector<installer::Repair> tried;
        for (const Finding& finding : findings) {
            if (!finding.isFixable() || std::ranges::count(tried, finding.repair) > 0) continue;
            tried.push_back(finding.repair);
            auto outcome = installer::mend(finding.repair, machine_);
            if (outcome) {
                report.mended.push_back({.finding = finding, .what = std::move(*outcome)});
                hasChanged = true;
            } else {
                report.unmended.push_back({.finding = finding, .why = std::move(outcome.error().message)});
            }
        }
        return hasChanged;
    }

    const DoctorOptions& options_;
    const Hardening& hardening_;
    Paths paths_;
    installer::Machine machine_;
    const vault::Secret* bearer_;
    asio::io_context loop_{1};
};

int refuse(const Error& error) {
    std::fprintf(stderr, "auricle: %s\n", error.message.c_str());
    return statusUsage;
}

}  // namespace

int runDoctor(const DoctorOptions& options, const Hardening& hardening) {
    vault::Secret bearer;
    if (options.readsBearer) {
        auto read = readBearer(STDIN_FILENO, "auricle doctor");
        if (!read) return refuse(read.error());
        bearer = std::move(*read);
    }
    auto paths = findPaths();
    auto machine = installer::thisMachine(paths, variable);
    if (!machine) return refuse(machine.error());
    Doctor doctor(options, hardening, std::move(paths), std::move(*machine),
                  options.readsBearer ? &bearer : nullptr);
    const auto report = doctor.run();
    std::fputs((options.isJson ? jsonOf(report) : textOf(report)).c_str(), stdout);
    return statusOf(report);
}

}  // namespace auricle::command
