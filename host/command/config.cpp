#include "command/config.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "command/line.h"
#include "system/config.h"

namespace auricle::command {
namespace {

using nlohmann::json;

bool isThere(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

void printJson(const Paths& paths, const LoadedConfig& loaded) {
    json files = json::array();
    for (const auto& file : {paths.systemConfigFile, paths.configFile}) {
        files.push_back({{"path", file.string()}, {"exists", isThere(file)}});
    }
    json values = json::array();
    for (const ConfigValue& value : loaded.values) {
        values.push_back({{"key", value.key},
                          {"value", json::parse(value.value)},
                          {"source", value.source},
                          {"locked", value.isLocked}});
    }
    std::puts(json{{"files", files}, {"values", values}}
                  .dump(2, ' ', false, json::error_handler_t::replace)
                  .c_str());
}

void printText(const Paths& paths, const LoadedConfig& loaded) {
    for (const auto& file : {paths.systemConfigFile, paths.configFile}) {
        std::printf("%s: %s\n", file.c_str(), isThere(file) ? "read" : "not there");
    }
    std::size_t keyWidth = 0, valueWidth = 0;
    for (const ConfigValue& value : loaded.values) {
        keyWidth = std::max(keyWidth, value.key.size());
        valueWidth = std::min<std::size_t>(40, std::max(valueWidth, value.value.size()));
    }
    std::puts("");
    for (const ConfigValue& value : loaded.values) {
        std::printf("%-*s  %-*s  %s%s\n", static_cast<int>(keyWidth), value.key.c_str(),
                    static_cast<int>(valueWidth), value.value.c_str(), value.source.c_str(),
                    value.isLocked ? " (locked)" : "");
    }
}

}  // namespace

int printConfig(bool asJson) {
    const Paths paths = findPaths();
    const auto loaded = loadConfig(paths);
    if (!loaded) {
        std::fprintf(stderr, "auricle: %s\n", loaded.error().message.c_str());
        return statusFailed;
    }
    asJson ? printJson(paths, *loaded) : printText(paths, *loaded);
    return statusWell;
}

}  // namespace auricle::command
