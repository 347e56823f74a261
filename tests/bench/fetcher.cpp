#include "fetcher.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace auricle::bench {
namespace {

namespace fs = std::filesystem;
using Commands = std::vector<Command>;

constexpr const char* sound = "sound.m4a";

Command ffmpeg(const std::vector<std::string>& inputOptions, const std::string& input) {
    Command command{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    command.insert(command.end(), inputOptions.begin(), inputOptions.end());
    command.insert(command.end(), {"-i", input, "-vn", "-c", "copy", sound});
    return command;
}

Commands auricleCommands(const Job& job, const std::string& program) {
    std::ofstream(job.folder / "config.json")
        << nlohmann::json{{"network", {{"caFile", job.caFile.string()}}}};
    return {{program, "fetch", job.url(), "--out", (job.folder / "out").string()}};
}

/// The parts of a playlist, made by hand, since neither curl nor aria2c reads one.
void writeList(const Job& job, const std::string& before, const std::string& after) {
    std::ofstream list(job.folder / "list");
    for (const auto& file : job.form.files) list << before << job.base << file.string() << after << '\n';
}

Commands curlCommands(const Job& job, const std::string& program) {
    const Command curl{program, "-sS", "--cacert", job.caFile.string()};
    if (!job.form.isPlaylist) {
        Command whole = curl;
        whole.insert(whole.end(), {"-o", "video.mp4", job.url()});
        return {whole, ffmpeg({}, "video.mp4")};
    }
    writeList(job, "url = \"", "\"");
    Command parts = curl;
    parts.insert(parts.end(), {"-Z", "--parallel-max", "50", "--remote-name-all", "-K", "list"});
    return {parts, ffmpeg({"-allowed_extensions", "ALL"}, "index.m3u8")};
}

Commands ariaCommands(const Job& job, const std::string& program) {
    writeList(job, "", "");
    return {{program, "-q", "--no-conf", "--check-certificate=false", "--file-allocation=none", "-j8", "-i",
             "list"},
            ffmpeg({"-allowed_extensions", "ALL"}, "index.m3u8")};
}

Commands ffmpegCommands(const Job& job, const std::string&) {
    return {ffmpeg({}, job.url())};
}

Commands ytDlpCommands(const Job& job, const std::string& program) {
    return {{program, "--ignore-config", "--no-cache-dir", "--no-check-certificates", "-q", "--no-warnings",
             "-N", "8", "-x", "-o", "out.%(ext)s", job.url()}};
}

/// The sound that a run has left: an .m4a, in the folder or below it.
std::optional<fs::path> soundIn(const fs::path& folder) {
    for (const auto& each : fs::recursive_directory_iterator(folder)) {
        if (each.is_regular_file() && each.path().extension() == ".m4a") return each.path();
    }
    return std::nullopt;
}

/// The way that the last of Auricle's JSON lines names.
std::string wayIn(const fs::path& log) {
    std::string way;
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) {
        const auto said = nlohmann::json::parse(line, nullptr, false);
        if (!said.is_object() || !said.contains("capture")) continue;
        const auto& plan = said["capture"].value("plan", nlohmann::json());
        if (plan.is_object()) way = plan.value("how", way);
    }
    return way;
}

std::string lastLine(const fs::path& log) {
    std::string last;
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) last = line;
    return last;
}

/// A home of its own: no run reads another's journal, or anybody's configuration.
Environment homeIn(const fs::path& folder) {
    return {{"HOME", folder.string()},
            {"AURICLE_CONFIG", (folder / "config.json").string()},
            {"XDG_CONFIG_HOME", (folder / "config").string()},
            {"XDG_STATE_HOME", (folder / "state").string()},
            {"XDG_CACHE_HOME", (folder / "cache").string()}};
}

Command inPlace(const Job& job, const Command& command) {
    Command all = job.prefix;
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

void add(TimedRun& whole, const TimedRun& part) {
    whole.wallS += part.wallS;
    whole.cpuS += part.cpuS;
    whole.peakMiB = std::max(whole.peakMiB, part.peakMiB);
    whole.status = part.status;
    whole.isStopped = part.isStopped;
}

}  // namespace

Fetched Fetcher::fetch(const Job& job, double limitS) const {
    Fetched fetched;
    bool isFirst = true;
    for (const Command& command : commands(job, program)) {
        const RunOptions options{
            .folder = job.folder, .environment = homeIn(job.folder), .log = job.log(), .limitS = limitS};
        const TimedRun part = run(inPlace(job, command), options);
        add(fetched.whole, part);
        if (std::exchange(isFirst, false)) fetched.downloadS = part.wallS;
        if (part.isWell()) continue;
        fetched.fault = lastLine(job.log());
        return fetched;
    }
    fetched.sound = soundIn(job.folder);
    if (!fetched.sound) fetched.fault = lastLine(job.log());
    fetched.how = wayIn(job.log());
    return fetched;
}

Fetcher auricleFetcher(const std::string& host) {
    return {.name = "Auricle", .program = host, .commands = auricleCommands};
}

std::vector<Fetcher> peerFetchers() {
    return {
        {.name = "curl, then ffmpeg", .program = "curl", .commands = curlCommands, .isForPlaylists = false},
        {.name = "curl -Z 50, then ffmpeg",
         .program = "curl",
         .commands = curlCommands,
         .isForFiles = false,
         .isBulk = true},
        {.name = "aria2c -j8, then ffmpeg",
         .program = "aria2c",
         .commands = ariaCommands,
         .isForFiles = false,
         .isBulk = true},
        {.name = "ffmpeg on the URL", .program = "ffmpeg", .commands = ffmpegCommands},
        {.name = "yt-dlp -N 8", .program = "yt-dlp", .commands = ytDlpCommands}};
}

Command floorCommand(const Job& job) {
    return inPlace(job, {"curl", "-sS", "--cacert", job.caFile.string(), "-o", "floor.m4a",
                         job.base + job.lecture.sound.string()});
}

}  // namespace auricle::bench
