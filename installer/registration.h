// `auricle install` and `auricle uninstall` for one user: plans by the table, writes and removes manifests,
// tells what it did.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "installer/place_table.h"
#include "system/error.h"
#include "system/paths.h"

namespace auricle::installer {

/// What installing depends on, so that a test can have a machine of its own.
struct Machine {
    HomeFolders folders;
    std::filesystem::path state;                          ///< where the list of extra folders is kept
    std::filesystem::path program;                        ///< absolute real path of what browsers shall start
    std::vector<std::filesystem::path> temporaryFolders;  ///< whose content vanishes
};

/// This machine, for this program. Fails as thisProgram().
Result<Machine> thisMachine(const Paths& paths, const Environment& environment);

struct Request {
    std::vector<std::string>
        browsers{};  ///< names of the table; empty: those that are there, and the usual three
    std::filesystem::path
        userDataDir{};  ///< a Chromium profile folder elsewhere; then no other place is touched unless named
    std::vector<std::string> extensionIds{};  ///< beside our own; install only
    bool isDryRun = false;
};

enum class Change { written, updated, unchanged, removed, absent, foreign, failed };

/// The word that stands in --json.
std::string_view word(Change change);

/// What became of one manifest (or would, in a dry run).
struct Outcome {
    std::string browser;  ///< names, joined by commas where several read this file
    std::string title;    ///< for people, joined likewise
    std::filesystem::path file;
    Change change;
    std::string message;             ///< of foreign and failed: what is in the way and what to do
    std::vector<std::string> notes;  ///< what to know although it went well
};

struct Report {
    std::vector<std::string> warnings;  ///< about the program itself
    std::vector<Outcome> outcomes;

    bool isWell() const;  ///< nothing foreign in the way, nothing failed
};

/// Registers the program. Extension ids that a manifest of ours already names are kept. bad_params for an
/// unknown browser or an id that is none, before anything is written; what fails at one browser is told in
/// its outcome and stops no other.
Result<Report> install(const Machine& machine, const Request& request);

/// Writes a manifest of this program into one folder, over whatever stands there: the caller has judged that
/// to be ours. Extension ids that it named are kept where nobody else could have written them.
Result<void> registerIn(const Machine& machine, const std::filesystem::path& folder, Flavour flavour);

/// Removes what install wrote, everywhere it may have been written (or at the named places only). Foreign
/// files stay.
Result<Report> uninstall(const Machine& machine, const Request& request);

}  // namespace auricle::installer
