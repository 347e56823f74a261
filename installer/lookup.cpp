#include "installer/lookup.h"

#include "installer/folder_list.h"
#include "installer/manifest.h"
#include "installer/permissions.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

/// Registering makes a manifest folder, and its parents with it: alone, that is no profile.
bool isProfile(const fs::path& profile, const fs::path& manifests) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(profile, error)) {
        if (entry.path() != manifests) return true;
    }
    return false;
}

bool isProgramIn(std::span<const fs::path> folders, const std::vector<std::string>& names) {
    return std::ranges::any_of(folders, [&](const fs::path& folder) {
        return std::ranges::any_of(names, [&](const auto& name) { return isRunnable(folder / name); });
    });
}

bool isThere(const fs::path& file) {
    std::error_code ignored;
    return fs::symlink_status(file, ignored).type() != fs::file_type::not_found;
}

/// Builds the list; knows which folders are already looked after.
class Survey {
  public:
    Survey(std::span<const fs::path> programFolders, std::vector<Place> places)
        : programFolders_(programFolders), places_(std::move(places)) {}

    void add(const BrowserTraits& traits) {
        const bool hasProgram = isProgramIn(programFolders_, traits.programs);
        for (const Place& place : places_) {
            if (place.browser != traits.browser || !place.isUser) continue;
            const bool isSandboxed = !place.sandboxNote.empty();
            Lookup lookup = lookupOf(place, traits);
            const bool isPresent = isProfile(place.profile, place.folder) || (hasProgram && !isSandboxed);
            if (isPresent || isRegistered(lookup)) take(std::move(lookup));
        }
    }

    void addListed(const fs::path& folder) {
        const auto traits = browsersOfThisSystem();
        Lookup lookup{.browser = "chromium",
                      .title = "Chromium profile " + folder.parent_path().string(),
                      .flavour = Flavour::chromium,
                      .sandboxNote = {},
                      .spots = {{.folder = folder, .isUser = true}},
                      .policyFolders = {}};
        addSystemSpots(lookup);
        const auto found = std::ranges::find(traits, lookup.browser, &BrowserTraits::browser);
        if (found != traits.end()) lookup.policyFolders = found->policyFolders;
        take(std::move(lookup));
    }

    std::vector<Lookup> finish() && { return std::move(lookups_); }

  private:
    Lookup lookupOf(const Place& place, const BrowserTraits& traits) const {
        Lookup lookup{.browser = place.browser,
                      .title = place.title,
                      .flavour = place.flavour,
                      .sandboxNote = place.sandboxNote,
                      .spots = {{.folder = place.folder, .isUser = true}},
                      .policyFolders = traits.policyFolders};
        // From inside a sandbox the system's folders cannot be seen.
        if (place.sandboxNote.empty()) addSystemSpots(lookup);
        return lookup;
    }

    void addSystemSpots(Lookup& lookup) const {
        for (const Place& place : places_) {
            if (place.browser == lookup.browser && !place.isUser)
                lookup.spots.push_back({.folder = place.folder, .isUser = false});
        }
    }

    /// A manifest that another browser reads as well says nothing of this one.
    bool isRegistered(const Lookup& lookup) const {
        return std::ranges::any_of(lookup.spots, [&](const Spot& spot) {
            return std::ranges::count(claimed_, spot.folder) == 0 && isThere(spot.file());
        });
    }

    void take(Lookup lookup) {
        for (const Spot& spot : lookup.spots) claimed_.push_back(spot.folder);
        lookups_.push_back(std::move(lookup));
    }

    std::span<const fs::path> programFolders_;
    std::vector<Place> places_;
    std::vector<Lookup> lookups_;
    std::vector<fs::path> claimed_;
};

}  // namespace

fs::path Spot::file() const {
    return folder / manifestFileName();
}

std::vector<Lookup> lookupsOn(const Machine& machine, std::span<const fs::path> programFolders) {
    Survey survey(programFolders, placesOfThisSystem(machine.folders));
    for (const BrowserTraits& traits : browsersOfThisSystem()) survey.add(traits);
    for (const fs::path& folder : listedFolders(machine.state)) survey.addListed(folder);
    return std::move(survey).finish();
}

}  // namespace auricle::installer
