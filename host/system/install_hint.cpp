#include "system/install_hint.h"

#include <array>
#include <fstream>
#include <iterator>

#include "system/system_facts.h"

namespace auricle {
namespace {

struct Family {
    std::string_view id;       ///< as in ID or ID_LIKE
    std::string_view command;  ///< before the package's name
};

constexpr std::array families{
    Family{"debian", "sudo apt install "},      Family{"ubuntu", "sudo apt install "},
    Family{"fedora", "sudo dnf install "},      Family{"rhel", "sudo dnf install "},
    Family{"arch", "sudo pacman -S "},          Family{"suse", "sudo zypper install "},
    Family{"opensuse", "sudo zypper install "}, Family{"alpine", "sudo apk add "},
};

/// The words of `key`, and of the keys that go on from its name in no way: ID is not ID_LIKE.
std::string_view valueOf(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
        line.remove_prefix(key.size() + 1);
        if (line.size() >= 2 && (line.front() == '"' || line.front() == '\''))
            line = line.substr(1, line.find_last_of("\"'") - 1);
        return line;
    }
    return {};
}

bool hasWord(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        auto first = words.substr(0, words.find(' '));
        if (first == word || (word == "opensuse" && first.starts_with("opensuse-"))) return true;
        words.remove_prefix(std::min(words.size(), first.size() + 1));
    }
    return false;
}

/// Fedora itself carries ffmpeg under another name, without the codecs it may not ship.
std::string_view nameIn(const Family& family, std::string_view package) {
    return family.id == "fedora" && package == "ffmpeg" ? "ffmpeg-free" : package;
}

std::string contentOf(const char* file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::string installCommand(std::string_view package, std::string_view os, std::string_view osRelease) {
    if (os == "mac") return "brew install " + std::string(package);
    for (auto key : {"ID", "ID_LIKE"}) {
        auto words = valueOf(osRelease, key);
        for (const Family& family : families)
            if (hasWord(words, family.id)) return std::string(family.command).append(nameIn(family, package));
    }
    return {};
}

std::string installCommand(std::string_view package) {
    auto release = contentOf("/etc/os-release");
    if (release.empty()) release = contentOf("/usr/lib/os-release");
    return installCommand(package, describeSystem().os, release);
}

}  // namespace auricle
