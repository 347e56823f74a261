#include "installer/registration.h"

#include "installer/folder_list.h"
#include "installer/manifest.h"
#include "installer/program.h"
#include "installer/small_file.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

/// One manifest file, and for whom.
struct Target {
    std::string browser, title;
    Flavour flavour;
    fs::path folder;
    std::vector<std::string> notes;
    bool isListed = false;  ///< outside the table

    fs::path file() const { return folder / manifestFileName(); }
};

/// Several browsers may read one file (Zen reads Firefox's): then there is one target for all.
void addTarget(std::vector<Target>& targets, const Place& place) {
    auto target = std::ranges::find(targets, place.folder, &Target::folder);
    if (target == targets.end()) {
        target = targets.insert(targets.end(), {.browser = place.browser,
                                                .title = place.title,
                                                .flavour = place.flavour,
                                                .folder = place.folder,
                                                .notes = {}});
    } else if (!("," + target->browser + ",").contains("," + place.browser + ",")) {
        target->browser += "," + place.browser;
        target->title += ", " + place.title;
    }
    if (!place.sandboxNote.empty()) target->notes.push_back(place.sandboxNote);
}

bool isNamed(const Request& request, const Place& place) {
    return std::ranges::count(request.browsers, place.browser) > 0;
}

std::string knownNames(const std::vector<Place>& places) {
    std::vector<std::string> names;
    for (const Place& place : places) {
        if (place.isUser && std::ranges::count(names, place.browser) == 0) names.push_back(place.browser);
    }
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

Result<void> checkNames(const Request& request, const std::vector<Place>& places) {
    for (const auto& name : request.browsers) {
        const bool isKnown = std::ranges::any_of(
            places, [&](const Place& place) { return place.isUser && place.browser == name; });
        if (!isKnown)
            return fail(Kind::bad_params, "There is no browser \"" + name +
                                              "\" in the table. Known here: " + knownNames(places) + ".");
    }
    return {};
}

Target targetOf(const fs::path& folder) {
    return {.browser = "chromium",
            .title = "Chromium profile " + folder.parent_path().string(),
            .flavour = Flavour::chromium,
            .folder = folder,
            .notes = {},
            .isListed = true};
}

fs::path manifestFolderOf(const fs::path& userDataDir) {
    std::error_code ignored;
    return fs::absolute(userDataDir, ignored).lexically_normal() / "NativeMessagingHosts";
}

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return !path.empty() && fs::exists(path, ignored);
}

/// Where install writes: the named browsers; else those with a profile and the usual three.
bool isWanted(const Request& request, const Place& place) {
    const bool isSandboxed = !place.sandboxNote.empty();
    if (request.browsers.empty()) return isThere(place.profile) || (place.isAlways && !isSandboxed);
    return isNamed(request, place) && (!isSandboxed || isThere(place.profile));
}

Result<std::vector<Target>> installTargets(const Machine& machine, const Request& request) {
    const auto places = placesOfThisSystem(machine.folders);
    if (auto known = checkNames(request, places); !known) return std::unexpected(std::move(known.error()));
    std::vector<Target> targets;
    const bool isTableMeant = request.userDataDir.empty() || !request.browsers.empty();
    for (const Place& place : places) {
        if (isTableMeant && place.isUser && isWanted(request, place)) addTarget(targets, place);
    }
    if (!request.userDataDir.empty()) targets.push_back(targetOf(manifestFolderOf(request.userDataDir)));
    return targets;
}

/// Where uninstall looks: all that install may ever have written to, unless places are named.
Result<std::vector<Target>> uninstallTargets(const Machine& machine, const Request& request) {
    if (!request.browsers.empty() || !request.userDataDir.empty()) return installTargets(machine, request);
    std::vector<Target> targets;
    for (const Place& place : placesOfThisSystem(machine.folders)) {
        const bool isNew = std::ranges::count(targets, place.folder, &Target::folder) == 0;
        // A browser that only shares another's file is worth naming where it is there.
        if (place.isUser && (isNew || isThere(place.profile))) addTarget(targets, place);
    }
    for (const fs::path& folder : listedFolders(machine.state)) targets.push_back(targetOf(folder));
    return targets;
}

Outcome outcomeOf(const Target& target) {
    return {.browser = target.browser,
            .title = target.title,
            .file = target.file(),
            .change = Change::unchanged,
            .message = {},
            .notes = {}};
}

Outcome failed(Outcome outcome, Error error) {
    outcome.change = Change::failed;
    outcome.message = std::move(error.message);
    return outcome;
}

Outcome foreign(Outcome outcome, const std::optional<Manifest>& manifest) {
    outcome.change = Change::foreign;
    outcome.message = outcome.file.string() +
                      (manifest ? " starts another program (" + manifest->program.string() + ")"
                                : " is no manifest that can be read") +
                      " and was not written by Auricle. It is left as it is; remove it yourself if you know "
                      "that nothing needs it.";
    return outcome;
}

std::vector<std::string> callersFor(Flavour flavour, const std::vector<ExtensionId>& ids,
                                    const std::optional<Manifest>& before) {
    auto callers = registeredCallers(flavour);
    const auto add = [&](const std::string& caller) {
        if (std::ranges::count(callers, caller) == 0) callers.push_back(caller);
    };
    for (const auto& caller : before ? before->callers : std::vector<std::string>{}) {
        const auto id = parseExtensionId(caller);
        if (id && id->flavour == flavour) add(id->caller);
    }
    for (const ExtensionId& id : ids) {
        if (id.flavour == flavour) add(id.caller);
    }
    return callers;
}

Result<void> writeManifest(const Machine& machine, const Target& target, const std::string& text) {
    if (auto written = writeSmallFile(target.file(), text); !written) return written;
    return target.isListed ? listFolder(machine.state, target.folder) : Result<void>{};
}

Outcome installOne(const Machine& machine, const Target& target, const std::vector<ExtensionId>& ids,
                   bool isDryRun) {
    Outcome outcome = outcomeOf(target);
    outcome.notes = target.notes;
    auto file = readSmallFile(outcome.file);
    if (!file) return failed(std::move(outcome), std::move(file.error()));
    std::optional<Manifest> before;
    if (*file) {
        before = parseManifest((*file)->text);
        if (!before || !before->isOurs(machine.program)) return foreign(std::move(outcome), before);
    }
    // Ids that another user may have put there are not made good by writing them again.
    const auto kept = *file && (*file)->isTrusted ? before : std::nullopt;
    const auto text = manifestText(target.flavour, machine.program, callersFor(target.flavour, ids, kept));
    const bool isSame = *file && (*file)->text == text;
    outcome.change = isSame ? Change::unchanged : *file ? Change::updated : Change::written;
    // A folder may have come off the list by hand: it goes back on even where the manifest is right.
    if (isDryRun || (isSame && !target.isListed)) return outcome;
    auto written = isSame ? listFolder(machine.state, target.folder) : writeManifest(machine, target, text);
    return written ? outcome : failed(std::move(outcome), std::move(written.error()));
}

Outcome uninstallOne(const Machine& machine, const Target& target, bool isDryRun) {
    Outcome outcome = outcomeOf(target);
    auto file = readSmallFile(outcome.file);
    if (!file) return failed(std::move(outcome), std::move(file.error()));
    outcome.change = *file ? Change::removed : Change::absent;
    if (*file) {
        const auto manifest = parseManifest((*file)->text);
        if (!manifest || !manifest->isOurs(machine.program)) return foreign(std::move(outcome), manifest);
    }
    if (isDryRun) return outcome;
    if (*file) {
        if (auto removed = removeSmallFile(outcome.file); !removed)
            return failed(std::move(outcome), std::move(removed.error()));
    }
    if (target.isListed) {
        if (auto off = unlistFolder(machine.state, target.folder); !off)
            return failed(std::move(outcome), std::move(off.error()));
    }
    return outcome;
}

Result<std::vector<ExtensionId>> parseIds(const std::vector<std::string>& texts) {
    std::vector<ExtensionId> ids;
    for (const auto& text : texts) {
        auto id = parseExtensionId(text);
        if (!id) return std::unexpected(std::move(id.error()));
        ids.push_back(std::move(*id));
    }
    return ids;
}

/// nlohmann would throw at it later, and no browser reads it.
bool isUtf8(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80             ? 1
                                   : (lead & 0xe0) == 0xc0 ? 2
                                   : (lead & 0xf0) == 0xe0 ? 3
                                   : (lead & 0xf8) == 0xf0 ? 4
                                                           : 0;
        if (length == 0 || i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        }
        i += length;
    }
    return true;
}

}  // namespace

std::string_view word(Change change) {
    constexpr std::array<std::string_view, 7> words{"written", "updated", "unchanged", "removed",
                                                    "absent",  "foreign", "failed"};
    return words[static_cast<std::size_t>(change)];
}

bool Report::isWell() const {
    return std::ranges::none_of(
        outcomes, [](const Outcome& o) { return o.change == Change::foreign || o.change == Change::failed; });
}

Result<Machine> thisMachine(const Paths& paths, const Environment& environment) {
    auto program = thisProgram();
    if (!program) return std::unexpected(std::move(program.error()));
    const auto folder = [&](const char* name) {
        const char* value = environment(name);
        return fs::path(value == nullptr ? "" : value);
    };
    // Chromium's own variable wins over XDG's (chromium docs/user_data_dir.md).
    const fs::path chromium = folder("CHROME_CONFIG_HOME");
    Machine machine{.folders = {.home = paths.home,
                                .config = chromium.is_absolute() ? chromium : paths.config.parent_path()},
                    .state = paths.state,
                    .program = std::move(*program),
                    .temporaryFolders = {"/tmp", "/var/tmp", "/dev/shm", "/run/user"}};
    if (const fs::path own = folder("TMPDIR"); own.is_absolute()) machine.temporaryFolders.push_back(own);
    return machine;
}

Result<Report> install(const Machine& machine, const Request& request) {
    if (!isUtf8(machine.program.string()))
        return fail(Kind::bad_params,
                    "The path of this program is not valid UTF-8, which browsers cannot read. Move it, then "
                    "run this again.");
    const auto ids = parseIds(request.extensionIds);
    if (!ids) return std::unexpected(ids.error());
    const auto targets = installTargets(machine, request);
    if (!targets) return std::unexpected(targets.error());
    Report report{
        .warnings = programWarnings(machine.program, machine.folders.config, machine.temporaryFolders),
        .outcomes = {}};
    for (const Target& target : *targets)
        report.outcomes.push_back(installOne(machine, target, *ids, request.isDryRun));
    return report;
}

Result<void> registerIn(const Machine& machine, const fs::path& folder, Flavour flavour) {
    const fs::path file = folder / manifestFileName();
    const auto before = readSmallFile(file);
    if (!before) return std::unexpected(before.error());
    std::optional<Manifest> kept;
    if (*before && (*before)->isTrusted) kept = parseManifest((*before)->text);
    return writeSmallFile(file, manifestText(flavour, machine.program, callersFor(flavour, {}, kept)));
}

Result<Report> uninstall(const Machine& machine, const Request& request) {
    const auto targets = uninstallTargets(machine, request);
    if (!targets) return std::unexpected(targets.error());
    const bool isNamedOnly = !request.browsers.empty() || !request.userDataDir.empty();
    Report report;
    for (const Target& target : *targets) {
        auto outcome = uninstallOne(machine, target, request.isDryRun);
        if (outcome.change != Change::absent || isNamedOnly) report.outcomes.push_back(std::move(outcome));
    }
    return report;
}

}  // namespace auricle::installer
