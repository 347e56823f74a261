// What an examination found: one sentence, how bad it is, what to do next, and what would mend it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "installer/place_table.h"

namespace auricle::installer {

enum class Severity : std::uint8_t {
    fine,
    note,     ///< good to know, nothing is wrong
    warning,  ///< works, but not as it should
    broken    ///< keeps Auricle from working
};
std::string_view word(Severity severity);

/// What this program can do by itself about a finding.
enum class Mend : std::uint8_t {
    none,
    registerAnew,    ///< write a manifest of this program into the folder
    removeManifest,  ///< take away a manifest of ours that hides a better one
    letRun,          ///< give the file its run bit
    keepOthersOut,   ///< take the permission to write away from others
    makeFolder,      ///< make a folder, for its owner alone
    makePrivate      ///< give a folder mode 0700
};

struct Repair {
    Mend how = Mend::none;
    std::filesystem::path what{};         ///< the file or folder it is done to
    Flavour flavour = Flavour::chromium;  ///< registerAnew: of the manifest

    bool operator==(const Repair&) const = default;
};

struct Finding {
    std::string id;  ///< "manifest.missing"; docs/troubleshooting.md has all of them
    Severity severity;
    std::string about;     ///< a browser's title, a tool's name, "Configuration"
    std::string sentence;  ///< what is so
    std::string remedy{};  ///< what to do next, in one line; empty where nothing is to be done
    Repair repair{};

    bool isFixable() const { return repair.how != Mend::none; }
    bool isTrouble() const { return severity >= Severity::warning; }
};

using Findings = std::vector<Finding>;

/// The worst of them; fine where there are none.
Severity worst(const Findings& findings);

}  // namespace auricle::installer
