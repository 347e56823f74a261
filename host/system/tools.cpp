#include "system/tools.h"

#include "system/child.h"
#include "system/install_hint.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

bool isProgram(const fs::path& file) {
    std::error_code ignored;
    const auto status = fs::status(file, ignored);
    constexpr auto execute = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    return fs::is_regular_file(status) && (status.permissions() & execute) != fs::perms::none;
}

std::string_view firstLine(std::string_view text) {
    return text.substr(0, text.find_first_of("\r\n"));
}

std::string_view firstWord(std::string_view text) {
    return text.substr(0, text.find(' '));
}

// Apart from the coroutine: GCC 12 cannot build an initializer list inside one.
ChildCommand versionCommand(const Tool& tool, fs::path program) {
    return {.program = std::move(program),
            .arguments = {std::string(tool.versionArgument)},
            .environment = plainEnvironment(),
            .timeLimit = std::chrono::seconds(10),
            .maxOutputBytes = 4096};
}

Result<std::string> readVersion(const Tool& tool, const ChildOutcome& outcome) {
    const std::string_view line = firstLine(outcome.output);
    std::string_view version;
    if (line.starts_with(tool.versionPrefix)) version = firstWord(line.substr(tool.versionPrefix.size()));
    if (outcome.succeeded() && !version.empty()) return std::string(version);
    return fail(Kind::tool_missing,
                "What was found as " + std::string(tool.name) + " does not answer like it. Install it anew.");
}

}  // namespace

std::vector<fs::path> toolFolders(std::string_view pathVariable, const fs::path& home) {
    std::vector<fs::path> folders;
    const auto add = [&](fs::path folder) {
        if (folder.is_absolute() && std::ranges::count(folders, folder) == 0)
            folders.push_back(std::move(folder));
    };
    while (!pathVariable.empty()) {
        const auto colon = pathVariable.find(':');
        add(pathVariable.substr(0, colon));
        pathVariable.remove_prefix(colon == pathVariable.npos ? pathVariable.size() : colon + 1);
    }
    for (const char* usual :
         {"/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin", "/snap/bin"})
        add(usual);
    for (const char* own : {".local/bin", "bin", ".nix-profile/bin"}) add(home / own);
    return folders;
}

Result<fs::path> findTool(const Tool& tool, const fs::path& configured, std::span<const fs::path> folders) {
    const std::string name(tool.name);
    if (!configured.empty()) {
        if (isProgram(configured)) return configured;
        return fail(Kind::tool_missing, configured.string() + " is no program that can be run. Correct " +
                                            std::string(tool.configKey) +
                                            " in the configuration, or take it out.");
    }
    for (const fs::path& folder : folders) {
        if (fs::path candidate = folder / tool.name; isProgram(candidate)) return candidate;
    }
    const std::string command = installCommand(name);
    return fail(Kind::tool_missing, name + " was not found. Install it" +
                                        (command.empty() ? "" : " (" + command + ")") + ", or set " +
                                        std::string(tool.configKey) + " in the configuration.");
}

boost::asio::awaitable<Result<std::string>> probeVersion(Tool tool, fs::path program, std::stop_token stop) {
    auto outcome = co_await run(versionCommand(tool, std::move(program)), std::move(stop));
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
    co_return readVersion(tool, *outcome);
}

}  // namespace auricle
