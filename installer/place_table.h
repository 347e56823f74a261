// The table of browsers and systems (manifests/browsers.json): where a native messaging manifest lies for
// each.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace auricle::installer {

enum class Flavour { chromium, gecko };

/// One place where one browser looks for manifests on this system. Folders are absolute.
struct Place {
    std::string browser;  ///< "chrome", as --browser takes it
    std::string title;    ///< "Google Chrome"
    Flavour flavour;
    bool isAlways;                  ///< registered even where the browser has no profile yet
    bool isUser;                    ///< else the whole system's, which only an administrator writes
    std::string sandboxNote;        ///< what to know where the browser runs in a sandbox, else empty
    std::filesystem::path profile;  ///< there once the browser has run; empty for system places
    std::filesystem::path folder;   ///< of manifests
};

/// Where the person's folders are that the table speaks of.
struct HomeFolders {
    std::filesystem::path home;
    std::filesystem::path
        config;  ///< where Chromium browsers keep profiles: CHROME_CONFIG_HOME, XDG_CONFIG_HOME or ~/.config
};

/// How a browser shows on this system besides its profile.
struct BrowserTraits {
    std::string browser;                               ///< as in Place
    std::vector<std::string> programs;                 ///< what it is called on PATH
    std::vector<std::filesystem::path> policyFolders;  ///< of policies that an administrator has set
};

/// All browsers of the table, in its order.
std::vector<BrowserTraits> browsersOfThisSystem();

/// All places of the system that this program was built for, in the table's order.
std::vector<Place> placesOfThisSystem(const HomeFolders& folders);

}  // namespace auricle::installer
