#include "command/line.h"

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <functional>
#include <memory>

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

/// What the command line asks for: said by the subcommand that was named.
using Asked = std::function<int()>;

/// When `command` is named, `run` is called with what was read into `options`.
template <class Options, class Run>
void onNamed(CLI::App& command, Asked& asked, std::shared_ptr<Options> options, Run run) {
    command.callback(
        [&asked, options = std::move(options), run] { asked = [options, run] { return run(*options); }; });
}

void addConfig(CLI::App& app, Asked& asked) {
    auto isJson = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("config", "Print what is configured, and where each value came from");
    command->add_flag("--json", *isJson, "Print it as JSON");
    onNamed(*command, asked, isJson, printConfig);
}

void addCookies(CLI::App& app, Asked& asked) {
    auto options = std::make_shared<CookiesCheckOptions>();
    auto* command = app.add_subcommand("cookies", "Cookie files, as exporters of browsers write them");
    command->require_subcommand(1);
    auto* check = command->add_subcommand("check", "Say which sites' sessions a cookie file holds");
    check->add_option("FILE", options->file, "A cookie file in Netscape's format (cookies.txt)")->required();
    check->add_flag("--json", options->isJson, "Print it as JSON");
    check->footer("The exit status is 0 where the file can be read and holds a session, else 1.");
    onNamed(*check, asked, options, runCookiesCheck);
}

void addFetch(CLI::App& app, Asked& asked) {
    auto options = std::make_shared<FetchOptions>();
    auto* command =
        app.add_subcommand("fetch", "Capture from the command line: the sound of a page, or of media");
    command->add_option("URL", options->url, "A page that Auricle knows, or an address of media")->required();
    auto* cookies = command->add_option("--cookies", options->cookies,
                                        "A cookie file in Netscape's format (cookies.txt)");
    cookies->type_name("FILE");
    command
        ->add_flag("--bearer-from-stdin", options->readsBearer,
                   "Sign in with a token of the site (MUBI): it is read from standard input and kept nowhere")
        ->excludes(cookies);
    command->add_option("--out", options->folder, "Where the file goes; else the configured folder")
        ->type_name("FOLDER");
    command->add_option("--title", options->title, "What the file is to be called")->type_name("TEXT");
    command->add_flag("--plan", options->wantsPlanOnly, "Print the ways to the sound and fetch nothing");
    onNamed(*command, asked, options, runFetch);
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

void addInstall(CLI::App& app, Asked& asked) {
    auto options = std::make_shared<RegisterOptions>();
    auto* command = app.add_subcommand("install", "Register this program with your browsers");
    addRegisterOptions(*command, *options);
    command
        ->add_option("--extension-id", options->request.extensionIds, "A further extension that may use it")
        ->type_name("ID");
    onNamed(*command, asked, options, runInstall);
}

void addUninstall(CLI::App& app, Asked& asked) {
    auto options = std::make_shared<RegisterOptions>();
    auto* command = app.add_subcommand("uninstall", "Take it out of your browsers again");
    addRegisterOptions(*command, *options);
    onNamed(*command, asked, options, runUninstall);
}

void addDoctor(CLI::App& app, Asked& asked, const Hardening& hardening) {
    auto options = std::make_shared<DoctorOptions>();
    auto* command = app.add_subcommand("doctor", "Look at everything that Auricle needs, and say what to do");
    command->add_flag("--fix", options->mayFix, "Mend what can be mended, and say what is left to you");
    command->add_flag("--json", options->isJson, "Print the findings as JSON");
    command->add_option("--backend", options->backend, "A backend to try, beside those of the configuration")
        ->type_name("ORIGIN");
    command->add_flag("--bearer-from-stdin", options->readsBearer,
                      "Try a token at the backend: it is read from standard input and kept nowhere");
    command->add_option("--wait-ms", options->waitMs, "How long a host or a backend may take to answer")
        ->check(CLI::Range(1, 600'000))
        ->capture_default_str()
        ->type_name("MS");
    command->footer(
        "The exit status is 0 if all is well, 1 if there are warnings, 2 if something is broken.");
    onNamed(*command, asked, options,
            [&hardening](const DoctorOptions& examining) { return runDoctor(examining, hardening); });
}

void addExplain(CLI::App& app, Asked& asked) {
    auto message = std::make_shared<std::vector<std::string>>();
    auto* command = app.add_subcommand("explain", "Say what a browser means by an error message");
    command->add_option("message", *message, "The message, as the browser shows it")->required();
    onNamed(*command, asked, message, runExplain);
}

void addAudit(CLI::App& app, Asked& asked) {
    auto options = std::make_shared<AuditOptions>();
    auto* command = app.add_subcommand("audit", "Print what happened to secrets, and when; never a secret");
    command->add_option("--limit", options->limit, "How many of the newest")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
        ->capture_default_str();
    command->add_flag("--json", options->isJson, "One JSON object a line");
    onNamed(*command, asked, options, printAudit);
}

void addStats(CLI::App& app, Asked& asked) {
    auto format = std::make_shared<std::string>("table");
    auto* command = app.add_subcommand("stats", "Print what was done since the installation, in numbers");
    command->add_option("--format", *format, "table, json or prometheus")
        ->check(CLI::IsMember({"table", "json", "prometheus"}))
        ->capture_default_str();
    onNamed(*command, asked, format, printStats);
}

void addForget(CLI::App& app, Asked& asked) {
    auto isAll = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("forget", "End every running host, and wipe what it holds with it");
    command->add_flag("--all", *isAll, "All of them; there is no other choice from the command line")
        ->required();
    onNamed(*command, asked, isAll, [](bool) { return runForget(); });
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

    Asked asked = [&app] { return explainYourself(app); };
    addConfig(app, asked);
    addCookies(app, asked);
    addFetch(app, asked);
    addInstall(app, asked);
    addUninstall(app, asked);
    addDoctor(app, asked, hardening);
    addExplain(app, asked);
    addAudit(app, asked);
    addStats(app, asked);
    addForget(app, asked);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        return answer(app, stop);
    }
    return asked();
}

}  // namespace auricle::command
