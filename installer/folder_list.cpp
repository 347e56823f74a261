#include "installer/folder_list.h"

#include <nlohmann/json.hpp>

#include "installer/small_file.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path listFile(const fs::path& state) {
    return state / "registered.json";
}

Result<void> writeList(const fs::path& state, const std::vector<fs::path>& folders) {
    if (folders.empty()) return removeSmallFile(listFile(state));
    json list = json::array();
    for (const fs::path& folder : folders) list.push_back(folder.string());
    return writeSmallFile(listFile(state), json{{"folders", list}}.dump(2) + '\n');
}

}  // namespace

std::vector<fs::path> listedFolders(const fs::path& state) {
    std::vector<fs::path> folders;
    const auto file = readSmallFile(listFile(state));
    if (!file || !*file || !(*file)->isTrusted) return folders;
    const json content = json::parse((*file)->text, nullptr, false);
    if (!content.is_object() || !content.contains("folders") || !content["folders"].is_array())
        return folders;
    for (const json& folder : content["folders"]) {
        if (folder.is_string()) folders.emplace_back(folder.get<std::string>());
    }
    return folders;
}

Result<void> listFolder(const fs::path& state, const fs::path& folder) {
    auto folders = listedFolders(state);
    if (std::ranges::count(folders, folder) > 0) return {};
    folders.push_back(folder);
    return writeList(state, folders);
}

Result<void> unlistFolder(const fs::path& state, const fs::path& folder) {
    auto folders = listedFolders(state);
    if (std::erase(folders, folder) == 0) return {};
    return writeList(state, folders);
}

}  // namespace auricle::installer
