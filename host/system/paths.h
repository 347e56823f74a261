// Where things lie on this system (XDG base directories on Linux, the like elsewhere).
#pragma once

#include <filesystem>
#include <functional>

namespace auricle {

struct Paths {
    std::filesystem::path config;      ///< folder of config.json
    std::filesystem::path configFile;  ///< AURICLE_CONFIG, or config.json in it
    std::filesystem::path systemConfigFile;
    std::filesystem::path state;  ///< journals, log, counters
    std::filesystem::path cache;  ///< part files
    std::filesystem::path music;  ///< the person's music folder (user-dirs.dirs, else ~/Music)
    std::filesystem::path home;
};

/// A variable's value, or nullptr: std::getenv, or a test's own.
using Environment = std::function<const char*(const char* name)>;

/// From the environment and the user's account; reads user-dirs.dirs, creates nothing. A relative path in an
/// XDG variable is ignored, an empty variable counts as unset (XDG Base Directory Specification 0.8).
Paths findPaths(const Environment& environment);
Paths findPaths();
/// Creates a folder and its parents with mode 0700 where they are missing; false with errno set when it
/// cannot.
bool makePrivateFolder(const std::filesystem::path& folder);

}  // namespace auricle
