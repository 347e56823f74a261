#include "command/tool_check.h"

#include "installer/trial.h"
#include "system/tools.h"

namespace auricle::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using installer::Finding;
using installer::Findings;
using installer::Severity;

struct Wanted {
    Tool tool;
    fs::path configured;
    Severity whenMissing;
    std::string use;
};

std::vector<Wanted> wantedTools(const Config& config) {
    return {{ffmpeg, config.tools.ffmpeg, Severity::warning, "sound that a site offers only inside a video"},
            {ytDlp, config.tools.ytDlp, Severity::note, "YouTube"}};
}

Finding finding(const Wanted& wanted, std::string id, Severity severity, std::string sentence,
                std::string remedy = {}) {
    return {.id = std::move(id),
            .severity = severity,
            .about = std::string(wanted.tool.name),
            .sentence = std::move(sentence),
            .remedy = std::move(remedy)};
}

Finding missing(const Wanted& wanted, const Error& error, const fs::path& home,
                const std::string& personPath) {
    const auto elsewhere = findTool(wanted.tool, {}, toolFolders(personPath, home));
    const std::string key(wanted.tool.configKey);
    if (!wanted.configured.empty())
        return finding(wanted, "tool.misconfigured", Severity::warning, error.message,
                       "Correct " + key + " in the configuration.");
    if (elsewhere)
        return finding(wanted, "tool.only_on_your_path", Severity::warning,
                       elsewhere->string() +
                           " lies on your PATH alone; a host that a browser starts does not "
                           "find it.",
                       "Set " + key + " to \"" + elsewhere->string() + "\" in the configuration.");
    return finding(wanted, "tool.missing", wanted.whenMissing, "Not found; needed for " + wanted.use + ".",
                   "Install it (Debian: apt install " + std::string(wanted.tool.name) + "), or set " + key +
                       " in the configuration.");
}

Finding versionOf(const Wanted& wanted, const fs::path& program, const Result<std::string>& version) {
    if (version)
        return finding(wanted, "tool.good", Severity::fine, *version + " (" + program.string() + ")");
    return finding(wanted, "tool.not_working", Severity::warning,
                   program.string() + ": " + version.error().message,
                   "Install it anew, or set " + std::string(wanted.tool.configKey) + " to another.");
}

}  // namespace

asio::awaitable<Findings> checkTools(Config config, fs::path home, std::string personPath) {
    const auto folders = toolFolders(installer::barePath, home);
    const auto tools = wantedTools(config);
    Findings findings;
    for (const Wanted& wanted : tools) {
        const auto program = findTool(wanted.tool, wanted.configured, folders);
        if (!program) {
            findings.push_back(missing(wanted, program.error(), home, personPath));
            continue;
        }
        const auto version = co_await probeVersion(wanted.tool, *program);
        findings.push_back(versionOf(wanted, *program, version));
    }
    co_return findings;
}

}  // namespace auricle::command
