#include "sites/yt_dlp.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sites/yt_dlp_words.h"
#include "system/files.h"
#include "system/paths.h"
#include "system/tools.h"
#include "vault/secret_file.h"

namespace auricle::sites {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// When a switch came to be (yt-dlp's releases).
constexpr unsigned hasProgressDelta = 20240526, hasNoPluginDirs = 20250321, hasJsRuntimes = 20251112;
constexpr std::string_view homeName = "home";
constexpr std::chrono::minutes longestLook{3};
constexpr std::chrono::hours longestDownload{12};
constexpr std::size_t mostMessages = 64 * 1024;  // bytes

using Arguments = std::vector<std::string>;

void add(Arguments& arguments, std::initializer_list<std::string_view> more) {
    for (auto one : more) arguments.emplace_back(one);
}

/// In the folder that it starts in. The name holds the format and its size: what goes on from an earlier
/// run's bytes is the same stream.
constexpr std::string_view nameTemplate = "%(id)s.%(format_id)s.%(filesize|0)s.%(ext)s";

void addCaution(Arguments& arguments, const YtDlpRun& run) {
    const auto version = ytDlpDate(run.version);
    add(arguments, {"--ignore-config", "--no-cache-dir", "--no-update", "--no-playlist"});
    if (version >= hasNoPluginDirs) add(arguments, {"--no-plugin-dirs"});
    // Debian's certifi knows the system's authorities and no others.
    if (!run.network.caFile.empty()) add(arguments, {"--compat-options", "no-certifi"});
    if (version < hasJsRuntimes) return;
    add(arguments, {"--no-remote-components", "--no-js-runtimes"});
    for (const JsRuntime& runtime : run.jsRuntimes)
        add(arguments, {"--js-runtimes", runtime.name + ":" + runtime.program.string()});
}

void addDownload(Arguments& arguments, const YtDlpRun& run) {
    // A sound with holes would be none; and what its ffmpeg would mend of a file is mended here.
    add(arguments, {"--no-simulate", "--progress", "--newline", "--no-mtime", "--fixup", "never",
                    "--abort-on-unavailable-fragments", "--match-filters", "!is_live"});
    if (ytDlpDate(run.version) >= hasProgressDelta) add(arguments, {"--progress-delta", "0.2"});
    add(arguments, {"--progress-template", ytDlpProgressTemplate, "--print", ytDlpFileTemplate});
    add(arguments, {"-o", nameTemplate});
}

Arguments argumentsFor(const YtDlpRun& run) {
    Arguments arguments;
    addCaution(arguments, run);
    add(arguments, {"--quiet", "--socket-timeout", "30", "--retries", "3", "--fragment-retries", "3"});
    if (run.hasCookies) add(arguments, {"--cookies", "/proc/self/fd/" + std::to_string(firstHandedOn)});
    add(arguments, {"-f", "ba/b"});
    if (run.downloads) {
        addDownload(arguments, run);
    } else {
        add(arguments, {"--simulate", "--print", ytDlpVideoTemplate});
    }
    add(arguments, {"--", run.url.text()});
    return arguments;
}

/// Of the person's own nothing; Python finds modules that were installed beside the program, as pip does.
std::vector<std::string> environmentFor(const YtDlpRun& run) {
    const auto home = (run.folder / homeName).string();
    std::error_code ignored;
    const auto beside = fs::weakly_canonical(run.program, ignored).parent_path().parent_path();
    std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin",
                                         "LC_ALL=C.UTF-8",
                                         "HOME=" + home,
                                         "XDG_CONFIG_HOME=" + home,
                                         "XDG_CACHE_HOME=" + home,
                                         "XDG_DATA_HOME=" + home,
                                         "TMPDIR=" + run.folder.string(),
                                         "PYTHONUSERBASE=" + beside.string(),
                                         "PYTHONDONTWRITEBYTECODE=1",
                                         "YTDLP_NO_PLUGINS=1"};
    const auto& network = run.network;
    if (!network.caFile.empty()) environment.push_back("SSL_CERT_FILE=" + network.caFile.string());
    if (!network.proxy.empty()) {
        // Not an argument: everybody on the machine may read those, and a proxy's address may have a
        // password.
        for (const char* name : {"http_proxy=", "https_proxy=", "all_proxy="})
            environment.push_back(name + network.proxy);
    }
    return environment;
}

Result<void> prepare(const fs::path& folder) {
    if (makePrivateFolder(folder / homeName)) return {};
    return std::unexpected(systemError(errno, "No folder could be made for yt-dlp to work in"));
}

/// The size that YouTube promised, which stands in the name before the ending; 0: none.
std::uint64_t promisedBytes(const fs::path& file) {
    const auto digits = file.stem().extension().string();
    std::uint64_t bytes = 0;
    if (digits.size() > 1) std::from_chars(digits.data() + 1, digits.data() + digits.size(), bytes);
    return bytes;
}

/// Only a file in the folder itself is what it was told to make, and a whole one has the size that was
/// promised: yt-dlp joins parts without a look at what they are.
Result<fs::path> fileIn(const fs::path& folder, const std::string& said) {
    const fs::path file = folder / fs::path(said).filename();
    std::error_code ignored;
    if (said.empty() || !fs::is_regular_file(fs::symlink_status(file, ignored)))
        return fail(Kind::not_media,
                    "yt-dlp ended well and left no file. Check that the video plays in the browser.");
    const auto promised = promisedBytes(file);
    if (promised == 0 || fs::file_size(file, ignored) == promised) return file;
    fs::remove(file, ignored);
    return fail(Kind::network, "The sound came in another size than YouTube had promised.", true);
}

}  // namespace

unsigned ytDlpDate(std::string_view version) {
    unsigned date = 0;
    for (const std::size_t digits : {4u, 2u, 2u}) {
        const auto part = version.substr(0, version.find('.'));
        unsigned number = 0;
        const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (part.size() != digits || fault != std::errc{} || end != part.data() + part.size()) return 0;
        date = date * 100 + number;
        version.remove_prefix(std::min(version.size(), part.size() + 1));
    }
    return date;
}

ChildCommand ytDlpCommand(const YtDlpRun& run) {
    ChildCommand command{.program = run.program,
                         .arguments = argumentsFor(run),
                         .environment = environmentFor(run),
                         .folder = run.folder,
                         .timeLimit = run.downloads ? std::chrono::milliseconds(longestDownload)
                                                    : std::chrono::milliseconds(longestLook),
                         .maxOutputBytes = mostMessages,
                         .onlyFolder = run.folder,
                         .mayUseNetwork = true,
                         .keepsLastErrors = true};
    if (!run.network.caFile.empty()) command.alsoReads.push_back(run.network.caFile);
    for (const JsRuntime& runtime : run.jsRuntimes) command.alsoReads.push_back(runtime.program);
    return command;
}

asio::awaitable<Result<std::string>> YtDlp::versionOf(const fs::path& program, std::stop_token stop) {
    std::error_code fault;
    const auto changed = fs::last_write_time(program, fault);
    auto known = versions_.find(program);
    if (known != versions_.end() && !fault && known->second.changed == changed)
        co_return known->second.version;
    auto version = co_await probeVersion(ytDlp, program, stop);
    if (version) versions_.insert_or_assign(program, Known{.changed = changed, .version = *version});
    co_return version;
}

bool YtDlp::isOld(std::string_view version) const {
    using namespace std::chrono;
    const auto date = ytDlpDate(version);
    if (date == 0) return false;
    const year_month_day released(year(static_cast<int>(date / 10'000)), month(date / 100 % 100),
                                  day(date % 100));
    return released.ok() && sys_days(released) + days(90) < now_();
}

asio::awaitable<Result<YtDlpOutput>> YtDlp::runOnce(net::Url url, const Use& use, bool downloads,
                                                    OnProgress onProgress) {
    auto program = options_.program();
    if (!program) co_return std::unexpected(std::move(program.error()));
    auto version = co_await versionOf(*program, use.stop);
    if (!version) co_return std::unexpected(std::move(version.error()));
    if (auto prepared = prepare(use.folder); !prepared)
        co_return std::unexpected(std::move(prepared.error()));
    vault::Secret cookies;
    if (use.credentials) cookies = use.credentials->cookieFile();
    YtDlpRun run{.program = std::move(*program),
                 .version = std::move(*version),
                 .folder = use.folder,
                 .url = std::move(url),
                 .downloads = downloads,
                 .hasCookies = !cookies.empty(),
                 .network = options_.network,
                 .jsRuntimes = options_.jsRuntimes()};
    auto command = ytDlpCommand(run);
    std::optional<vault::SecretFile> file;
    if (!cookies.empty()) {
        file = vault::SecretFile::of(cookies);
        if (!file) co_return std::unexpected(systemError(errno, "The session could not be handed to yt-dlp"));
        command.handedOn = {file->descriptor()};
    }
    auto output = std::make_shared<YtDlpOutput>();
    command.onOutput = [output, onProgress](std::string_view bytes) {
        if (output->push(bytes) && onProgress) onProgress(output->done(), output->total());
    };
    auto outcome = co_await auricle::run(std::move(command), use.stop);
    // Whatever it wrote back: sites' cookies are the browser's affair, which has newer ones.
    file.reset();
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
    // Then it went on as anybody: the person's own session is to be asked for first.
    bool wasGuest = !downloads && run.hasCookies && saysCookiesWereRotated(outcome->errors);
    if (outcome->succeeded() && !wasGuest) co_return std::move(*output);
    YtDlpCircumstances of{.version = run.version, .isOld = isOld(run.version)};
    co_return std::unexpected(ytDlpFault(scrubbed(outcome->errors, cookies), of));
}

asio::awaitable<Result<YtDlpVideo>> YtDlp::look(net::Url url, Use use) {
    auto output = co_await runOnce(std::move(url), use, false, {});
    if (!output) co_return std::unexpected(std::move(output.error()));
    if (output->video()) co_return *output->video();
    co_return fail(Kind::internal, "yt-dlp ended well and said nothing of the video. Install it anew.");
}

asio::awaitable<Result<fs::path>> YtDlp::download(net::Url url, Use use, OnProgress onProgress) {
    auto output = co_await runOnce(std::move(url), use, true, std::move(onProgress));
    if (!output) co_return std::unexpected(std::move(output.error()));
    co_return fileIn(use.folder, output->file());
}

}  // namespace auricle::sites
