#include "command/line.h"

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "command/audit.h"
#include "command/config.h"
#include "command/cookies_check.h"
#include "command/doctor.h"
#include "command/explain.h"
#include "command/fetch.h"
#include "command/forget.h"
#include "command/register.h"
#include "command/stats.h"

namespace auricle::command {
namespace {

constexpr const char* about =
    "Auricle: the local half of a browser extension. It captures the sound of lectures, and nothing else, "
    "for your study\n"
    "backend; cookies never leave this machine.";

constexpr const char* next =
    "You do not start it yourself: your browser does, when you press the extension's button. To set it up:\n"
    "  1. auricle install        tells your browsers where this program lies\n"
    "  2. install the extension in your browser\n"
    "  3. press its button on the page of a lecture\n"
    "If something does not work: auricle doctor\n";

/// Somebody sits at it: one of the streams is a terminal.
bool isByHand() {
    return ::isatty(STDIN_FILENO) == 1 || ::isatty(STDOUT_FILENO) == 1;
}

int explainYourself(const CLI::App& app) {
    if (isByHand()) {
        std::fputs(app.help().c_str(), stdout);
        return statusWell;
    }
    std::fputs(
        "auricle: a browser starts this program with its extension's id; by hand, see `auricle --help`.\n",
        stderr);
    return statusUsage;
}

void addRegisterOptions(CLI::App& command, RegisterOptions& options) {
    command.add_option("--browser", options.request.browsers, "Only these (chrome, firefox, …)")
        ->type_name("NAME");
    command
        .add_option("--user-data-dir", options.request.userDataDir,
                    "A Chromium profile folder that lies elsewhere")
        ->type_name("DIR");
    command.add_flag("--dry-run", options.request.isDryRun, "Say what would be done, change nothing");
    command.add_flag("--json", options.isJson, "Print the outcome as JSON");
}

void addDoctorOptions(CLI::App& command, DoctorOptions& options) {
    command.add_flag("--fix", options.mayFix, "Mend what can be mended, and say what is left to you");
    command.add_flag("--json", options.isJson, "Print the findings as JSON");
    command.add_option("--backend", options.backend, "A backend to try, beside those of the configuration")
        ->type_name("ORIGIN");
    command.add_flag("--bearer-from-stdin", options.readsBearer,
                     "Try a token at the backend: it is read from standard input and kept nowhere");
    command.add_option("--wait-ms", options.waitMs, "How long a host or a backend may take to answer")
        ->check(CLI::Range(1, 600'000))
        ->capture_default_str()
        ->type_name("MS");
    command.footer("The exit status is 0 if all is well, 1 if there are warnings, 2 if something is broken.");
}

/// What CLI11 stops for: help and version are answers, the rest is a usage error.
int answer(const CLI::App& app, const CLI::ParseError& stop) {
    if (stop.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(stop);
    std::fprintf(stderr, "auricle: %s\nSee `auricle --help`.\n", stop.what());
    return statusUsage;
}

}  // namespace

int runLine(int argc, char** argv, const Hardening& hardening) {
    CLI::App app(about, "auricle");
    app.footer(next);
    app.set_version_flag("--version", "auricle " AURICLE_VERSION);
    app.require_subcommand(0, 1);

    bool isConfigJson = false;
    auto* config = app.add_subcommand("config", "Print what is configured, and where each value came from");
    config->add_flag("--json", isConfigJson, "Print it as JSON");

    CookiesCheckOptions checking;
    auto* cookies = app.add_subcommand("cookies", "Cookie files, as exporters of browsers write them");
    cookies->require_subcommand(1);
    auto* check = cookies->add_subcommand("check", "Say which sites' sessions a cookie file holds");
    check->add_option("FILE", checking.file, "A cookie file in Netscape's format (cookies.txt)")->required();
    check->add_flag("--json", checking.isJson, "Print it as JSON");
    check->footer("The exit status is 0 where the file can be read and holds a session, else 1.");

    FetchOptions fetching;
    auto* fetch =
        app.add_subcommand("fetch", "Capture from the command line: the sound of a page, or of media");
    fetch->add_option("URL", fetching.url, "A page that Auricle knows, or an address of media")->required();
    auto* cookieFile =
        fetch->add_option("--cookies", fetching.cookies, "A cookie file in Netscape's format (cookies.txt)");
    cookieFile->type_name("FILE");
    fetch
        ->add_flag("--bearer-from-stdin", fetching.readsBearer,
                   "Sign in with a token of the site (MUBI): it is read from standard input and kept nowhere")
        ->excludes(cookieFile);
    fetch->add_option("--out", fetching.folder, "Where the file goes; else the configured folder")
        ->type_name("FOLDER");
    fetch->add_option("--title", fetching.title, "What the file is to be called")->type_name("TEXT");
    fetch->add_flag("--plan", fetching.wantsPlanOnly, "Print the ways to the sound and fetch nothing");

    RegisterOptions installing, removing;
    auto* install = app.add_subcommand("install", "Register this program with your browsers");
    addRegisterOptions(*install, installing);
    install
        ->add_option("--extension-id", installing.request.extensionIds, "A further extension that may use it")
        ->type_name("ID");
    auto* uninstall = app.add_subcommand("uninstall", "Take it out of your browsers again");
    addRegisterOptions(*uninstall, removing);

    DoctorOptions examining;
    auto* doctor = app.add_subcommand("doctor", "Look at everything that Auricle needs, and say what to do");
    addDoctorOptions(*doctor, examining);
    std::vector<std::string> message;
    auto* explain = app.add_subcommand("explain", "Say what a browser means by an error message");
    explain->add_option("message", message, "The message, as the browser shows it")->required();

    AuditOptions auditing;
    auto* audit = app.add_subcommand("audit", "Print what happened to secrets, and when; never a secret");
    audit->add_option("--limit", auditing.limit, "How many of the newest")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
        ->capture_default_str();
    audit->add_flag("--json", auditing.isJson, "One JSON object a line");
    std::string statsFormat = "table";
    auto* stats = app.add_subcommand("stats", "Print what was done since the installation, in numbers");
    stats->add_option("--format", statsFormat, "table, json or prometheus")
        ->check(CLI::IsMember({"table", "json", "prometheus"}))
        ->capture_default_str();
    bool forgetsAll = false;
    auto* forget = app.add_subcommand("forget", "End every running host, and wipe what it holds with it");
    forget->add_flag("--all", forgetsAll, "All of them; there is no other choice from the command line")
        ->required();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        return answer(app, stop);
    }
    if (config->parsed()) return printConfig(isConfigJson);
    if (check->parsed()) return runCookiesCheck(checking);
    if (fetch->parsed()) return runFetch(fetching);
    if (install->parsed()) return runInstall(installing);
    if (uninstall->parsed()) return runUninstall(removing);
    if (doctor->parsed()) return runDoctor(examining, hardening);
    if (explain->parsed()) return runExplain(message);
    if (audit->parsed()) return printAudit(auditing);
    if (stats->parsed()) return printStats(statsFormat);
    if (forget->parsed()) return runForget();
    return explainYourself(app);
}

}  // namespace auricle::command
