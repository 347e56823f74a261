#include "command/host.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdlib>

#include "capture/site_cookies.h"
#include "command/network.h"
#include "command/reveal.h"
#include "delivery/backend_address.h"
#include "delivery/backend_delivery.h"
#include "delivery/folder_delivery.h"
#include "system/system_facts.h"
#include "system/tools.h"

namespace auricle::command {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds toolsAfter{
    1};  // the first second belongs to the person who pressed the button

std::chrono::system_clock::time_point now() {
    return std::chrono::system_clock::now();
}

template <class Names>
std::vector<std::string> strings(const Names& names) {
    return {names.begin(), names.end()};
}

/// What the configuration names, of sites that may be used.
std::vector<channel::OwnServer> ownServers(const Config& config, const sites::Registry& sites) {
    std::vector<channel::OwnServer> servers;
    if (sites.find("panopto") != nullptr)
        for (const auto& host : config.panopto.hosts)
            servers.push_back({.site = "panopto", .origin = "https://" + host});
    if (sites.find("playback") != nullptr)
        for (const auto& origin : config.playback.origins)
            servers.push_back({.site = "playback", .origin = origin});
    return servers;
}

vault::VaultLimits vaultLimits(const Config& config) {
    using std::chrono::milliseconds;
    return {.freshness = {.beforeExpiry = milliseconds(config.vault.staleBeforeExpiryMs),
                          .afterAnswer = milliseconds(config.vault.staleAfterAnswerMs),
                          .sessionAge = milliseconds(config.vault.sessionAgeMs)},
            .hold = milliseconds(config.vault.holdPreviousMs)};
}

vault::RefreshRules refreshRules(const Config& config) {
    return {.deadline = std::chrono::milliseconds(config.refresh.deadlineMs),
            .perHour = config.refresh.perHour,
            .burst = config.refresh.burst};
}

}  // namespace

Host::Host(asio::io_context& loop, const Paths& paths, Config config)
    : loop_(loop),
      paths_(paths),
      config_(std::move(config)),
      log_({.file = paths.state / "auricle.log", .level = logLevelOf(config_.log.level)}),
      watch_(paths, log_),
      vault_(capture::siteCookies(config_), vault::Vault::realClocks(), vaultLimits(config_)),
      sweeper_(loop.get_executor(), vault_),
      seals_(vault::SealTable::realClocks(), vault::systemRandomness()),
      refresh_(loop.get_executor(), vault_, refreshRules(config_), vault::realRefreshTiming()),
      sites_(sites::sitesFor(config_, programs())),
      http_(loop.get_executor(), networkOptions(config_)),
      captures_(loop.get_executor(), services(), capture::Store(paths.state, paths.cache)),
      duties_(loop.get_executor(), dutyMeans()),
      recordings_(services()) {
    vault_.onWiped([this] {
        duties_.secretsWiped();
        http_.forgetConnections();
    });
    vault_.onForgotten([this] { http_.forgetSecrets(); });
    vault_.onEvent([this](const vault::AuditEvent& event) { watch_.happened(event); });
    refresh_.onEvent([this](const vault::AuditEvent& event) { watch_.happened(event); });
}

capture::Services Host::services() {
    return {.config = config_,
            .http = http_,
            .vault = vault_,
            .refresh = refresh_,
            .sites = sites_,
            .timing = net::realTiming(),
            .counters = watch_.counters(),
            .worker = [this] { return worker_.executor(); },
            .ffmpeg = [this] { return findTool(ffmpeg, config_.tools.ffmpeg, folders()); },
            .deliveryTo = [this](const delivery::Target& target) { return deliveryTo(target); },
            .now = now,
            .log = log_};
}

capture::DutyMeans Host::dutyMeans() {
    return {.services = services(),
            .captures = captures_,
            .refresh =
                [this](vault::Key key, std::string reason, std::stop_token stop) {
                    auto why = vault::reasonOf(reason).value_or(vault::Reason::manual_trigger);
                    return refresh_.refreshed(std::move(key), why, std::move(stop));
                },
            .monotonic = std::chrono::steady_clock::now,
            .version = AURICLE_VERSION};
}

Result<std::unique_ptr<delivery::Delivery>> Host::deliveryTo(const delivery::Target& target) {
    if (target.to == delivery::Target::To::folder) {
        return std::make_unique<delivery::FolderDelivery>(delivery::FolderOptions{
            .folder = config_.delivery.folder, .subfolder = target.subfolder, .worker = worker_.executor()});
    }
    auto origin = delivery::judgeBackend(target.origin, config_.backends);
    if (!origin) return std::unexpected(std::move(origin.error()));
    return std::make_unique<delivery::BackendDelivery>(
        delivery::BackendOptions{.origin = *origin,
                                 .courseId = target.courseId,
                                 .api = target.api,
                                 .worker = worker_.executor(),
                                 .followStatusMs = config_.delivery.followStatusMs});
}

sites::Programs Host::programs() const {
    return {.ytDlp = [this] { return findTool(ytDlp, config_.tools.ytDlp, folders()); },
            .jsRuntimes =
                [this] {
                    std::vector<sites::JsRuntime> found;
                    for (std::string_view name : {"deno", "node"}) {
                        const Tool tool{
                            .name = name, .versionArgument = {}, .versionPrefix = {}, .configKey = {}};
                        if (auto program = findTool(tool, {}, folders()))
                            found.push_back({.name = std::string(name), .program = std::move(*program)});
                    }
                    return found;
                }};
}

std::vector<std::filesystem::path> Host::folders() const {
    const char* path = std::getenv("PATH");
    return toolFolders(path ? path : "", paths_.home);
}

void Host::probeTools(std::function<void(channel::Tools)> found) {
    asio::co_spawn(
        loop_,
        [](Host& host, std::function<void(channel::Tools)> tell) -> asio::awaitable<void> {
            asio::steady_timer pause(host.loop_, toolsAfter);
            co_await pause.async_wait(asio::use_awaitable);
            auto folders = host.folders();
            channel::Tools tools;
            for (const auto& [tool, configured] :
                 {std::pair(ffmpeg, host.config_.tools.ffmpeg), std::pair(ytDlp, host.config_.tools.ytDlp)}) {
                auto& said = tools[std::string(tool.name)];
                auto program = findTool(tool, configured, folders);
                said.isFound = program.has_value();
                if (program) said.version = (co_await probeVersion(tool, *program)).value_or("");
            }
            tell(std::move(tools));
        }(*this, std::move(found)),
        asio::detached);
}

channel::Parts Host::parts() {
    auto machine = describeSystem();
    return {.manager = captures_,
            .vault = vault_,
            .seals = seals_,
            .facts = {.version = AURICLE_VERSION,
                      .os = machine.os,
                      .arch = machine.arch,
                      .pid = machine.pid,
                      .sites = strings(sites_.names()),
                      .ownServers = ownServers(config_, sites_),
                      .capturesAtOnce = config_.captures.atOnce},
            .probeTools = [this](auto found) { probeTools(std::move(found)); },
            .readAudit = [this](auto after, auto limit) { return watch_.audit().read(after, limit); },
            .totals = [this] { return watch_.counters().read(); },
            .ready =
                [this] {
                    duties_.begin();
                    watch_.begin(loop_.get_executor(), vault_, refresh_,
                                 [this](auto kind, auto message) { captures_.warn(kind, message); });
                },
            .reveal = [this](const std::string& file) { return reveal(loop_, file); },
            .readRecording =
                [this](capture::Capture capture, delivery::PieceWanted wanted) {
                    return recordings_.read(std::move(capture), wanted);
                },
            .ending =
                [this] {
                    duties_.stop();
                    recordings_.stop();
                }};
}

}  // namespace auricle::command
