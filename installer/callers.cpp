#include "installer/callers.h"

#include "installer/folder_list.h"
#include "installer/manifest.h"
#include "installer/small_file.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

void addFrom(const fs::path& folder, Flavour flavour, const fs::path& program, Callers& callers) {
    const auto file = readSmallFile(folder / manifestFileName());
    if (!file || !*file || !(*file)->isTrusted) return;
    const auto manifest = parseManifest((*file)->text);
    std::error_code error;
    if (!manifest || manifest->name != hostName() || !fs::equivalent(manifest->program, program, error) ||
        error)
        return;
    auto& list = flavour == Flavour::chromium ? callers.origins : callers.ids;
    std::ranges::copy(manifest->callers, std::back_inserter(list));
}

}  // namespace

Callers registeredOrigins() {
    return {.origins = registeredCallers(Flavour::chromium), .ids = registeredCallers(Flavour::gecko)};
}

Callers callersInManifests(const Machine& machine) {
    Callers callers = registeredOrigins();
    for (const Place& place : placesOfThisSystem(machine.folders))
        addFrom(place.folder, place.flavour, machine.program, callers);
    for (const fs::path& folder : listedFolders(machine.state))
        addFrom(folder, Flavour::chromium, machine.program, callers);
    return callers;
}

}  // namespace auricle::installer
