#include "command/cookies_check.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "capture/site_cookies.h"
#include "command/cookie_file.h"
#include "command/line.h"
#include "system/config.h"
#include "system/paths.h"
#include "system/rfc3339.h"
#include "vault/admission.h"
#include "vault/generation.h"
#include "vault/origin.h"

namespace auricle::command {

namespace {

using vault::SiteRules;

/// What the file holds of one site at one origin.
struct Found {
    std::string site, origin;
    std::size_t cookies = 0;
    std::string missing;  ///< empty: a session is there
    std::vector<vault::Dropped> dropped;
    std::optional<std::int64_t> expiresAtMs;
};

/// Whose sessions may be in it: of a site with hosts of its own the one that it signs in at, of one with a
/// host for each university those that a needed cookie names.
std::set<std::string> originsOf(const SiteRules& rules, const std::vector<vault::OfferedCookie>& cookies) {
    std::set<std::string> origins;
    for (const auto& [cookie, store] : cookies) {
        const auto domain = vault::canonicalHost(cookie.domain);
        if (domain.empty() || !vault::isLoginName(rules, cookie.name)) continue;
        if (rules.domains.empty()) {
            origins.insert("https://" + domain);
        } else if (vault::isOfSite(rules, domain)) {
            const auto& home = rules.domains.front();
            origins.insert("https://" + (rules.site == "youtube" ? "www." + home : home));
        }
    }
    return origins;
}

Found lookInto(const SiteRules& rules, std::string origin, std::vector<vault::OfferedCookie> cookies,
               std::int64_t nowMs) {
    vault::OpenedCookies opened{
        .site = rules.site, .origin = std::move(origin), .store = {}, .cookies = std::move(cookies)};
    auto admitted = vault::admit(opened, rules, nowMs);
    // Of the many others in a browser's whole jar nobody wants to hear.
    std::erase_if(admitted.dropped,
                  [&](const vault::Dropped& one) { return !vault::isNeeded(rules, one.name); });
    Found found{.site = rules.site,
                .origin = opened.origin,
                .cookies = admitted.kept.size(),
                .missing = vault::describeLogin(admitted.missing),
                .dropped = std::move(admitted.dropped),
                .expiresAtMs = {}};
    if (!found.missing.empty()) return found;
    vault::Generation generation;
    generation.cookies = std::move(admitted.kept);
    found.expiresAtMs =
        vault::outlookOfCookies(generation, rules, vault::hostOf(found.origin), nowMs).expiresAtMs;
    return found;
}

Result<std::vector<Found>> lookInto(const std::filesystem::path& file, const Config& config,
                                    std::int64_t nowMs) {
    auto cookies = readCookieFile(file);
    if (!cookies) return std::unexpected(std::move(cookies.error()));
    std::vector<Found> all;
    for (const SiteRules& rules : capture::siteCookies(config)) {
        for (auto& origin : originsOf(rules, *cookies)) {
            // Secrets are not copied: each look takes them from the file.
            auto again = readCookieFile(file);
            if (!again) return std::unexpected(std::move(again.error()));
            all.push_back(lookInto(rules, origin, std::move(*again), nowMs));
        }
    }
    return all;
}

nlohmann::json toJson(const Found& found) {
    auto dropped = nlohmann::json::array();
    for (const auto& one : found.dropped) dropped.push_back({{"name", one.name}, {"why", one.why}});
    return {{"site", found.site},
            {"origin", found.origin},
            {"cookies", found.cookies},
            {"complete", found.missing.empty()},
            {"missing", found.missing.empty() ? nlohmann::json() : nlohmann::json(found.missing)},
            {"expiresAt", found.expiresAtMs ? nlohmann::json(rfc3339(*found.expiresAtMs)) : nlohmann::json()},
            {"dropped", std::move(dropped)}};
}

void print(const Found& found) {
    const auto end = found.expiresAtMs ? "until " + rfc3339(*found.expiresAtMs)
                                       : std::string("until the browser closes or the site ends it");
    const auto verdict = found.missing.empty() ? "a session is there, " + end : "missing: " + found.missing;
    std::printf("%s (%s): %s\n", found.site.c_str(), found.origin.c_str(), verdict.c_str());
    for (const auto& [name, why] : found.dropped)
        std::printf("  %s does not count: %s\n", name.c_str(), why.c_str());
}

}  // namespace

int runCookiesCheck(const CookiesCheckOptions& options) {
    using namespace std::chrono;
    const auto nowMs = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    auto loaded = loadConfig(findPaths());
    if (!loaded) {
        std::fprintf(stderr, "auricle: %s\n", loaded.error().message.c_str());
        return statusFailed;
    }
    auto all = lookInto(options.file, loaded->config, nowMs);
    if (!all) {
        std::fprintf(stderr, "auricle: %s\n", all.error().message.c_str());
        return statusFailed;
    }
    auto sites = nlohmann::json::array();
    for (const Found& found : *all) {
        sites.push_back(toJson(found));
        if (!options.isJson) print(found);
    }
    if (options.isJson) std::printf("%s\n", nlohmann::json{{"sites", sites}}.dump().c_str());
    if (!options.isJson && all->empty())
        std::printf(
            "No cookie of a session at a site that Auricle knows. Sign in there, then export anew.\n");
    return std::ranges::any_of(*all, [](const Found& found) { return found.missing.empty(); }) ? statusWell
                                                                                               : statusFailed;
}

}  // namespace auricle::command
