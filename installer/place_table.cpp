#include "installer/place_table.h"

#include <nlohmann/json.hpp>

#include "embedded/manifests.h"

namespace auricle::installer {
namespace {

using nlohmann::json;

#if defined(__APPLE__)
constexpr std::string_view thisSystem = "macos";
#else
constexpr std::string_view thisSystem = "linux";
#endif

std::filesystem::path resolve(std::string text, const HomeFolders& folders) {
    for (const auto& [token, folder] :
         {std::pair{std::string("{home}"), folders.home}, {std::string("{config}"), folders.config}}) {
        if (text.starts_with(token)) return folder.string() + text.substr(token.size());
    }
    return text;
}

Place makePlace(const json& browser, const json& place, const json& sandboxes, const HomeFolders& folders) {
    return {.browser = browser.at("name"),
            .title = browser.at("title"),
            .flavour = browser.at("flavour") == "gecko" ? Flavour::gecko : Flavour::chromium,
            .isAlways = browser.at("always"),
            .isUser = place.at("scope") == "user",
            .sandboxNote = sandboxes.value(place.at("sandbox").get<std::string>(), std::string{}),
            .profile = resolve(place.value("profile", std::string{}), folders),
            .folder = resolve(place.at("folder"), folders)};
}

}  // namespace

std::vector<BrowserTraits> browsersOfThisSystem() {
    const json table = json::parse(embedded::browsers);
    std::vector<BrowserTraits> browsers;
    for (const json& browser : table.at("browsers")) {
        BrowserTraits traits{
            .browser = browser.at("name"), .programs = browser.at("programs"), .policyFolders = {}};
        for (const json& policies : browser.at("policies")) {
            if (policies.at("system") == thisSystem)
                traits.policyFolders.emplace_back(policies.at("folder").get<std::string>());
        }
        browsers.push_back(std::move(traits));
    }
    return browsers;
}

std::vector<Place> placesOfThisSystem(const HomeFolders& folders) {
    const json table = json::parse(embedded::browsers);
    std::vector<Place> places;
    for (const json& browser : table.at("browsers")) {
        for (const json& place : browser.at("places")) {
            if (place.at("system") == thisSystem)
                places.push_back(makePlace(browser, place, table.at("sandboxes"), folders));
        }
    }
    return places;
}

}  // namespace auricle::installer
