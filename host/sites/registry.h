// The sites this host knows and may use.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sites/site.h"
#include "sites/yt_dlp.h"
#include "system/config.h"

namespace auricle::sites {

class Registry {
  public:
    /// The sites that may be used; of two that know a page the earlier one has it.
    explicit Registry(std::vector<std::unique_ptr<Site>> sites) : sites_(std::move(sites)) {}

    /// The page, if it is one of a site that may be used; an address of media itself last of all.
    std::optional<Page> recognise(const net::Url& url) const;
    /// The list, if this address (as a browser shows it, its fragment included) is one of a site that may be
    /// used. bad_params for what is no address.
    Result<std::optional<ListPage>> recogniseList(std::string_view address) const;
    /// The site of that name, or null. Lives as long as the registry.
    Site* find(std::string_view name) const;
    std::vector<std::string_view> names() const;

  private:
    std::vector<std::unique_ptr<Site>> sites_;
};

/// Programs beside the host, found when they are needed; tool_missing where there is none.
struct Programs {
    std::function<Result<std::filesystem::path>()> ytDlp;
    std::function<std::vector<JsRuntime>()> jsRuntimes;
};

/// Every site of this program that the configuration does not switch off.
Registry sitesFor(const Config& config, Programs programs = {});

}  // namespace auricle::sites
