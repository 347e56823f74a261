// Where each browser of this machine looks for the host's manifest, in the order in which it looks.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "installer/place_table.h"
#include "installer/registration.h"

namespace auricle::installer {

/// One folder of manifests.
struct Spot {
    std::filesystem::path folder;
    bool isUser;  ///< this person's; else the system's, which only an administrator writes

    std::filesystem::path file() const;
};

/// One browser, as it is installed here.
struct Lookup {
    std::string browser;  ///< as --browser takes it
    std::string title;
    Flavour flavour;
    std::string sandboxNote;  ///< what to know where it runs in a sandbox, else empty
    std::vector<Spot> spots;  ///< first the user's, then the system's
    std::vector<std::filesystem::path> policyFolders;
};

/// The browsers that are on this machine (a profile of theirs is there, or a program of theirs in one of
/// `programFolders`) or are registered, and the Chromium profiles elsewhere that install was told of.
/// Several browsers that read one file are named once, unless they are there.
std::vector<Lookup> lookupsOn(const Machine& machine, std::span<const std::filesystem::path> programFolders);

}  // namespace auricle::installer
