#include "command/machine_check.h"

#include "installer/permissions.h"

namespace auricle::command {
namespace {

namespace fs = std::filesystem;
using installer::Finding;
using installer::Findings;
using installer::Mend;
using installer::Severity;

constexpr std::uint64_t MiB = 1u << 20;
constexpr std::uint64_t roomOfOneLecture = 64 * MiB, roomOfSome = 1024 * MiB;

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

Finding noFolder(std::string id, const std::string& about, const fs::path& folder) {
    return {.id = std::move(id),
            .severity = Severity::broken,
            .about = about,
            .sentence = folder.string() + " is no folder.",
            .remedy = "Move away what stands there."};
}

Finding unmakeable(std::string id, const std::string& about, const fs::path& folder) {
    return {.id = std::move(id),
            .severity = Severity::broken,
            .about = about,
            .sentence = folder.string() + " is missing, and you may not make it.",
            .remedy = "Get the permission to write above it, or name another place (docs/configuration.md)."};
}

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes / MiB) + " MiB";
}

std::string lockedKeys(const LoadedConfig& loaded) {
    std::string keys;
    for (const ConfigValue& value : loaded.values) {
        if (value.isLocked) keys += (keys.empty() ? "" : ", ") + value.key;
    }
    return keys;
}

Finding keptAs(const std::string& about, const fs::path& folder) {
    return {.id = "folder.good", .severity = Severity::fine, .about = about, .sentence = folder.string()};
}

}  // namespace

Findings checkConfig(const Paths& paths, const Result<LoadedConfig>& loaded) {
    const std::string about = "Configuration";
    if (!loaded) {
        const std::string at = loaded.error().path.empty() ? "" : " (at " + loaded.error().path + ")";
        return {{.id = "config.invalid",
                 .severity = Severity::broken,
                 .about = about,
                 .sentence = loaded.error().message + at,
                 .remedy =
                     "Correct that file; until then nothing is captured. docs/configuration.md has every "
                     "key."}};
    }
    Findings findings{{.id = "config.good",
                       .severity = Severity::fine,
                       .about = about,
                       .sentence = isThere(paths.configFile) ? paths.configFile.string()
                                                             : "none of your own, which is all right"}};
    if (const auto keys = lockedKeys(*loaded); !keys.empty()) {
        findings.push_back({.id = "config.locked",
                            .severity = Severity::note,
                            .about = about,
                            .sentence = "Locked by " + paths.systemConfigFile.string() + ": " + keys + "."});
    }
    return findings;
}

Findings checkOwnFolder(const std::string& about, const fs::path& folder) {
    const auto permissions = installer::permissionsOf(folder);
    if (!permissions && isThere(folder)) return {noFolder("folder.no_folder", about, folder)};
    if (!permissions && !installer::mayWriteIn(folder))
        return {unmakeable("folder.unmakeable", about, folder)};
    if (!permissions) {
        return {{.id = "folder.missing",
                 .severity = Severity::note,
                 .about = about,
                 .sentence = folder.string() + " is not there yet; it is made when it is first needed.",
                 .repair = {.how = Mend::makeFolder, .what = folder}}};
    }
    if (!permissions->isFolder) return {noFolder("folder.no_folder", about, folder)};
    if (!permissions->isOwn) {
        return {{.id = "folder.not_yours",
                 .severity = Severity::broken,
                 .about = about,
                 .sentence = folder.string() + " belongs to another user.",
                 .remedy = "Was Auricle run with sudo? As root: chown -R of that folder to yourself."}};
    }
    if (permissions->mode == 0700) return {keptAs(about, folder)};
    return {{.id = "folder.not_private",
             .severity = Severity::warning,
             .about = about,
             .sentence = folder.string() + " is not for you alone, or you may not write there.",
             .remedy = "chmod 700 " + folder.string(),
             .repair = {.how = Mend::makePrivate, .what = folder}}};
}

Findings checkDeliveryFolder(const fs::path& folder) {
    const std::string about = "Folder for deliveries";
    const auto permissions = installer::permissionsOf(folder);
    if (permissions ? !permissions->isFolder : isThere(folder))
        return {noFolder("delivery.no_folder", about, folder)};
    if (installer::mayWriteIn(folder)) return {keptAs(about, folder)};
    if (!permissions) return {unmakeable("delivery.unmakeable", about, folder)};
    return {
        {.id = "delivery.not_writable",
         .severity = Severity::broken,
         .about = about,
         .sentence = "You may not write into " + folder.string() + ".",
         .remedy = "Get the permission, or name another folder in delivery.folder of the configuration."}};
}

Findings checkDisk(const fs::path& folder, const Result<std::uint64_t>& free) {
    const std::string about = "Disk";
    const std::string where = " is free for downloads (" + folder.string() + ")";
    if (!free) {
        return {{.id = "disk.unknown",
                 .severity = Severity::note,
                 .about = about,
                 .sentence = "How much room there is cannot be told: " + free.error().message}};
    }
    if (*free < roomOfOneLecture) {
        return {{.id = "disk.full",
                 .severity = Severity::broken,
                 .about = about,
                 .sentence = "Only " + mebibytes(*free) + where + "; an hour of sound takes some 60 MiB.",
                 .remedy = "Make room on that disk; parked captures then go on."}};
    }
    if (*free < roomOfSome) {
        return {{.id = "disk.low",
                 .severity = Severity::warning,
                 .about = about,
                 .sentence = "No more than " + mebibytes(*free) + where + '.',
                 .remedy = "Make room on that disk before you capture long lectures."}};
    }
    return {{.id = "disk.good",
             .severity = Severity::fine,
             .about = about,
             .sentence = mebibytes(*free) + where}};
}

Findings checkHardening(const Hardening& hardening, bool isMemoryLocked) {
    const std::string about = "Memory";
    Findings findings;
    const auto warn = [&](std::string id, std::string sentence, std::string remedy) {
        findings.push_back({.id = std::move(id),
                            .severity = Severity::warning,
                            .about = about,
                            .sentence = std::move(sentence),
                            .remedy = std::move(remedy)});
    };
    if (!hardening.isUndumpable || !hardening.coresAreOff)
        warn("memory.dumps", "The system does not let Auricle switch memory dumps of itself off.",
             "Look for a security profile or a debugger that holds on to this program.");
    if (!hardening.memoryIsWiped)
        warn("memory.not_wiped", "Memory is not wiped when it is given back.",
             "Start Auricle without other memory allocators (LD_PRELOAD).");
    if (!isMemoryLocked)
        warn("memory.not_locked",
             "Secrets may be swapped to the disk: the limit for locked memory is too small.",
             "Raise memlock in /etc/security/limits.conf to 8192 or more, or encrypt the swap.");
    if (findings.empty())
        findings.push_back({.id = "memory.good",
                            .severity = Severity::fine,
                            .about = about,
                            .sentence = "locked, wiped, left out of dumps"});
    if (!hardening.removedVariables.empty()) {
        std::string names;
        for (const auto& name : hardening.removedVariables) names += (names.empty() ? "" : ", ") + name;
        findings.push_back({.id = "environment.removed",
                            .severity = Severity::note,
                            .about = "Environment",
                            .sentence = "Not followed, for safety: " + names + ".",
                            .remedy = "A proxy or an authority of your own goes into the configuration "
                                      "(network.proxy, network.caFile)."});
    }
    return findings;
}

}  // namespace auricle::command
