#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "system/paths.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

std::string_view variable(const Environment& environment, const char* name) {
    const char* value = environment(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

fs::path homeFolder(const Environment& environment) {
    if (const fs::path home = variable(environment, "HOME"); home.is_absolute()) return home;
    struct passwd account {};
    struct passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    if (getpwuid_r(geteuid(), &account, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
        if (fs::path home = found->pw_dir; home.is_absolute()) return home;
    }
    return "/";
}

fs::path baseFolder(const Environment& environment, const char* name, const fs::path& otherwise) {
    const fs::path given = variable(environment, name);
    return given.is_absolute() ? given : otherwise;
}

/// The value of a line `NAME="…"` of user-dirs.dirs: quoted as a shell has it, absolute or below $HOME.
std::optional<fs::path> userFolder(std::string_view line, std::string_view name, const fs::path& home) {
    const auto start = line.find_first_not_of(" \t");
    if (start == line.npos || !line.substr(start).starts_with(name)) return std::nullopt;
    line.remove_prefix(start + name.size());
    if (!line.starts_with("=\"")) return std::nullopt;
    line.remove_prefix(2);
    std::string text;
    for (std::size_t i = 0; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) ++i;
        text += line[i];
    }
    constexpr std::string_view homePrefix = "$HOME/";
    if (!text.starts_with(homePrefix))
        return fs::path(text).is_absolute() ? std::optional(fs::path(text)) : std::nullopt;
    text.erase(0, homePrefix.size());
    // xdg-user-dirs writes "$HOME/" for a folder that the person has switched off.
    if (text.empty()) return std::nullopt;
    return home / text;
}

fs::path musicFolder(const fs::path& configHome, const fs::path& home) {
    fs::path music = home / "Music";
    std::ifstream file(configHome / "user-dirs.dirs");
    for (std::string line; std::getline(file, line);) {
        // The last line of a name wins: programs read this file as a shell would.
        if (auto found = userFolder(line, "XDG_MUSIC_DIR", home)) music = std::move(*found);
    }
    return music;
}

}  // namespace

Paths findPaths(const Environment& environment) {
    Paths paths;
    paths.home = homeFolder(environment);
    const fs::path configHome = baseFolder(environment, "XDG_CONFIG_HOME", paths.home / ".config");
    paths.config = configHome / "auricle";
    paths.state = baseFolder(environment, "XDG_STATE_HOME", paths.home / ".local/state") / "auricle";
    paths.cache = baseFolder(environment, "XDG_CACHE_HOME", paths.home / ".cache") / "auricle";
    paths.systemConfigFile = "/etc/auricle/config.json";
    const fs::path named = variable(environment, "AURICLE_CONFIG");
    std::error_code ignored;
    paths.configFile = named.empty() ? paths.config / "config.json" : fs::absolute(named, ignored);
    paths.music = musicFolder(configHome, paths.home);
    return paths;
}

Paths findPaths() {
    return findPaths([](const char* name) -> const char* { return std::getenv(name); });
}

bool makePrivateFolder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0) return true;
    if (errno == ENOENT && folder.has_relative_path() && folder.parent_path() != folder) {
        return makePrivateFolder(folder.parent_path()) &&
               (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
    }
    if (errno != EEXIST) return false;
    struct stat about {};
    if (::stat(folder.c_str(), &about) != 0) return false;
    if (S_ISDIR(about.st_mode)) return true;
    errno = ENOTDIR;
    return false;
}

}  // namespace auricle
