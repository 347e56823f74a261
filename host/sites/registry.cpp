#include "sites/registry.h"

#include <algorithm>

#include "sites/direct.h"
#include "sites/mubi.h"
#include "sites/panopto.h"
#include "sites/playback.h"
#include "sites/youtube.h"

namespace auricle::sites {

std::optional<Page> Registry::recognise(const net::Url& url) const {
    for (const auto& site : sites_) {
        if (site->name() == "direct" && !mayBeMedia(url)) continue;
        if (auto page = site->recognise(url)) return page;
    }
    return std::nullopt;
}

Result<std::optional<ListPage>> Registry::recogniseList(std::string_view address) const {
    auto hash = std::min(address.find('#'), address.size());
    auto url = net::Url::parse(address.substr(0, hash));
    if (!url) return std::unexpected(url.error());
    auto fragment = address.substr(std::min(hash + 1, address.size()));
    for (const auto& site : sites_) {
        if (auto page = site->recogniseList(*url, fragment)) return page;
    }
    return std::nullopt;
}

Site* Registry::find(std::string_view name) const {
    auto found = std::ranges::find(sites_, name, &Site::name);
    return found == sites_.end() ? nullptr : found->get();
}

std::vector<std::string_view> Registry::names() const {
    std::vector<std::string_view> names;
    for (const auto& site : sites_) names.push_back(site->name());
    return names;
}

Registry sitesFor(const Config& config, Programs programs) {
    auto mayBeUsed = [&](const std::string& name) {
        auto entry = config.sites.find(name);
        return entry == config.sites.end() || entry->second.enabled;
    };
    std::vector<std::unique_ptr<Site>> sites;
    if (mayBeUsed("panopto"))
        sites.push_back(std::make_unique<Panopto>(
            Panopto::Options{.vanityHosts = config.panopto.hosts,
                             .mayStreamWhenOff = config.panopto.whenDownloadsAreOff == "stream"}));
    if (mayBeUsed("playback") && !config.playback.origins.empty())
        sites.push_back(std::make_unique<Playback>(Playback::Options{.origins = config.playback.origins}));
    if (mayBeUsed("youtube"))
        sites.push_back(std::make_unique<Youtube>(
            YtDlp::Options{.program = std::move(programs.ytDlp),
                           .jsRuntimes = std::move(programs.jsRuntimes),
                           .network = {.caFile = config.network.caFile, .proxy = config.network.proxy}}));
    if (mayBeUsed("mubi")) sites.push_back(std::make_unique<Mubi>());
    if (mayBeUsed("direct")) sites.push_back(std::make_unique<Direct>());
    return Registry(std::move(sites));
}

}  // namespace auricle::sites
