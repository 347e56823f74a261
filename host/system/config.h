// The configuration: config.json of the system and of the user, every key optional, an unknown one an error
// that names it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "system/error.h"
#include "system/paths.h"

namespace auricle {

struct SiteConfig {
    bool enabled = true;
    bool useCookies = true;  ///< off: only what is public
};

struct Config {
    std::vector<std::string> backends;  ///< origins allowed; empty: any https
    struct {
        std::filesystem::path folder;           ///< default: `Auricle` in the music folder that XDG names
        std::uint64_t maxBytes = 0;             ///< 0: no limit
        std::uint64_t followStatusMs = 60'000;  ///< how long a backend is watched working up a plain form
    } delivery;
    struct {
        std::filesystem::path caFile;         ///< PEM, beside the system's authorities
        std::vector<std::string> connectTo;   ///< HOST:PORT:HOST:PORT, as curl's --connect-to
        std::string proxy;                    ///< empty: none, whatever the environment says
        std::uint64_t maxBytesPerSecond = 0;  ///< 0: no limit
    } network;
    struct {
        unsigned atOnce = 2;
        unsigned keepPartsDays = 14;
        std::uint64_t signInMs = 600'000;  ///< how long a capture waits for a person to sign in
        std::string language;  ///< BCP 47, wished where a recording has several; empty: its own default
    } captures;
    std::map<std::string, SiteConfig> sites;  ///< one entry for each site the host has
    struct {
        std::vector<std::string> hosts;              ///< vanity hosts
        std::string whenDownloadsAreOff = "refuse";  ///< or "stream"
    } panopto;
    struct {
        std::uint64_t heartbeatMs =
            300'000;  ///< how often a session is asked after while it is used; 0: never
    } mubi;
    struct {
        std::vector<std::string> origins;
        std::vector<std::string> cookies;  ///< names of a person's sign-in there, where there is one
    } playback;
    struct {
        unsigned perHour = 6;  ///< of each site's cookies in each store; 0: nobody is ever asked
        unsigned burst = 2;    ///< so many of them may follow on each other
        std::uint64_t deadlineMs = 30'000;
    } refresh;
    struct {
        std::uint64_t staleBeforeExpiryMs = 600'000;
        std::uint64_t staleAfterAnswerMs = 1'800'000;  ///< without an expiry: since the last good answer
        std::uint64_t sessionAgeMs = 43'200'000;       ///< without an expiry: since the put
        std::uint64_t holdPreviousMs = 300'000;        ///< 0: no previous generation is held
    } vault;
    struct {
        bool enabled = true;                   ///< whether a backend that was sent to may ask for something
        unsigned perHour = 30;                 ///< jobs that are taken of one backend
        std::uint64_t waitMs = 25'000;         ///< how long it is asked to keep an answer back
        std::uint64_t reportEveryMs = 30'000;  ///< the host's state is told no more often
    } jobs;
    struct {
        std::filesystem::path ffmpeg, ytDlp;  ///< empty: looked for
    } tools;
    struct {
        std::string level = "info";  ///< error, warn, info, debug
    } log;
};

/// Where a value came from, for `auricle config`.
struct ConfigValue {
    std::string key;     ///< "network.caFile"
    std::string value;   ///< as JSON text
    std::string source;  ///< "default", or the file that gave it
    bool isLocked = false;
};

struct LoadedConfig {
    Config config;
    std::vector<ConfigValue> values;
};

/// Reads `paths.systemConfigFile` (may be absent), then `paths.configFile` (may be absent). What the system
/// file lists under "locked" (an array of keys, or of sections such as "network") the user's cannot change:
/// an error that says so. bad_params names the file, the key and what would be right; its `path` is a JSON
/// pointer. A path beginning with "~/" is below `paths.home`, a relative one below the folder of the file
/// that names it. Origins come out as net::Url::origin() writes them.
Result<LoadedConfig> loadConfig(const Paths& paths);
/// The same with two files by name, and the home and music folders of findPaths().
Result<LoadedConfig> loadConfig(const std::filesystem::path& systemFile,
                                const std::filesystem::path& userFile);

}  // namespace auricle
