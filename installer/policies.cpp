#include "installer/policies.h"

#include <nlohmann/json.hpp>

#include "installer/manifest.h"
#include "installer/small_file.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Setting {
    json value;
    fs::path file;
};
using Settings = std::map<std::string, Setting>;

std::vector<fs::path> filesOf(std::span<const fs::path> folders) {
    std::vector<fs::path> files;
    for (const fs::path& folder : folders) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".json") files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

Settings settingsOf(std::span<const fs::path> folders) {
    Settings settings;
    for (const fs::path& file : filesOf(folders)) {
        const auto content = readSmallFile(file);
        if (!content || !*content) continue;
        const json policies = json::parse((*content)->text, nullptr, false);
        if (!policies.is_object()) continue;
        for (const auto& [name, value] : policies.items()) settings[name] = {value, file};
    }
    return settings;
}

bool names(const Settings& settings, const std::string& list, std::string_view wanted) {
    const auto found = settings.find(list);
    if (found == settings.end() || !found->second.value.is_array()) return false;
    return std::ranges::any_of(found->second.value, [&](const json& entry) {
        return entry.is_string() && entry.get_ref<const std::string&>() == wanted;
    });
}

}  // namespace

Policies readPolicies(std::span<const fs::path> folders) {
    const Settings settings = settingsOf(folders);
    Policies policies;
    const std::string blocklist = "NativeMessagingBlocklist";
    policies.isBlocked = (names(settings, blocklist, "*") || names(settings, blocklist, hostName())) &&
                         !names(settings, "NativeMessagingAllowlist", hostName());
    const auto userHosts = settings.find("NativeMessagingUserLevelHosts");
    policies.areUserHostsOff = userHosts != settings.end() && userHosts->second.value == json(false);
    if (policies.areUserHostsOff) policies.file = userHosts->second.file;
    if (policies.isBlocked) policies.file = settings.at(blocklist).file;
    return policies;
}

}  // namespace auricle::installer
