#include "media/ffmpeg.h"

#include <charconv>

#include "system/child.h"

namespace auricle::media {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

constexpr std::size_t mostWords = 400;  // bytes of ffmpeg's own that an error carries

void add(Arguments& arguments, std::initializer_list<std::string_view> more) {
    for (auto one : more) arguments.emplace_back(one);
}

void addTag(Arguments& arguments, std::string_view name, const std::string& value) {
    if (!value.empty()) add(arguments, {"-metadata", std::string(name) + "=" + value});
}

/// Names have the protocol before them: else "a:b" would be one, and "-x" an option. References inside the
/// input (playlists, QuickTime's) are bound to the same protocols.
Arguments argumentsFor(const FfmpegWork& work, const Arguments& coding) {
    Arguments arguments;
    add(arguments, {"-nostdin", "-hide_banner", "-v", "error", "-y", "-protocol_whitelist", "file,pipe",
                    "-progress", "pipe:1", "-i"});
    arguments.push_back("file:" + work.input);
    add(arguments, {"-map", "0:a:0", "-map_metadata", "-1", "-vn", "-sn", "-dn"});
    arguments.insert(arguments.end(), coding.begin(), coding.end());
    addTag(arguments, "title", work.tags.title);
    addTag(arguments, "album", work.tags.course);
    addTag(arguments, "date", work.tags.date);
    addTag(arguments, "comment", work.tags.source);
    add(arguments, {"-movflags", "+faststart", "-f", "mp4"});
    arguments.push_back("file:" + work.output);
    return arguments;
}

/// Real time and a few minutes: it is some fifty times faster than that. Without a duration six hours.
std::chrono::milliseconds limitFor(std::uint64_t durationMs) {
    constexpr std::chrono::milliseconds most = std::chrono::hours(6), start = std::chrono::minutes(3);
    if (durationMs == 0 || durationMs > static_cast<std::uint64_t>(most.count())) return most;
    return start + std::chrono::milliseconds(durationMs);
}

ChildCommand commandFor(const FfmpegWork& work, const Arguments& coding) {
    ChildCommand command{.program = work.program,
                         .arguments = argumentsFor(work, coding),
                         .folder = work.folder,
                         .timeLimit = limitFor(work.durationMs),
                         .maxOutputBytes = 16 * 1024,
                         .onlyFolder = work.folder,
                         .keepsLastErrors = true};
    command.environment = {"LC_ALL=C", "AV_LOG_FORCE_NOCOLOR=1"};
    auto progress = std::make_shared<FfmpegProgress>();
    command.onOutput = [progress, told = work.onProgress](std::string_view bytes) {
        if (progress->push(bytes) && told) told(progress->doneMs());
    };
    return command;
}

/// The last of what it wrote, in one line of printable characters.
std::string lastWords(std::string_view errors) {
    std::string words;
    for (char character : errors.substr(errors.size() - std::min(errors.size(), mostWords)))
        words += character >= ' ' && character != 0x7f ? character : ' ';
    while (words.ends_with(' ')) words.pop_back();
    return words.empty() ? "no word why" : words;
}

Error failedWith(const ChildOutcome& outcome) {
    if (outcome.errors.find("No space left on device") != std::string::npos)
        return {.kind = Kind::disk_full, .message = "There is no room on the disk for the sound file."};
    return {.kind = Kind::not_media,
            .message = "ffmpeg cannot take the sound out of this file: " + lastWords(outcome.errors) + "."};
}

boost::asio::awaitable<Result<void>> runOnce(const FfmpegWork& work, Arguments coding) {
    auto command = commandFor(work, coding);
    auto outcome = co_await run(std::move(command), work.stop);
    if (outcome && outcome->succeeded()) co_return Result<void>{};
    std::error_code ignored;
    fs::remove(work.folder / work.output, ignored);
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
    co_return std::unexpected(failedWith(*outcome));
}

Arguments copied() {
    return {"-c:a", "copy"};
}
Arguments encoded() {
    return {"-c:a", "aac", "-b:a", "128k", "-ac", "2"};
}
Arguments mono(std::uint32_t bitsPerSecond, std::uint32_t sampleRate) {
    return {"-c:a", "aac", "-b:a", std::to_string(bitsPerSecond),
            "-ac",  "1",   "-ar",  std::to_string(sampleRate)};
}

}  // namespace

boost::asio::awaitable<Result<Taken>> takeSound(FfmpegWork work) {
    auto whole = co_await runOnce(work, copied());
    if (whole) co_return Taken::copied;
    if (whole.error().kind != Kind::not_media) co_return std::unexpected(std::move(whole.error()));
    whole = co_await runOnce(work, encoded());
    if (!whole) co_return std::unexpected(std::move(whole.error()));
    co_return Taken::encoded;
}

boost::asio::awaitable<Result<void>> encodeMono(FfmpegWork work, std::uint32_t bitsPerSecond,
                                                std::uint32_t sampleRate) {
    auto coding = mono(bitsPerSecond, sampleRate);
    co_return co_await runOnce(work, std::move(coding));
}

bool FfmpegProgress::push(std::string_view bytes) {
    constexpr std::size_t longestLine = 4096;
    bool hasMoved = false;
    held_ += bytes;
    for (auto end = held_.find('\n'); end != std::string::npos; end = held_.find('\n')) {
        hasMoved |= readLine(std::string_view(held_).substr(0, end));
        held_.erase(0, end + 1);
    }
    if (held_.size() > longestLine) held_.clear();
    return hasMoved;
}

/// `out_time_us` is in microseconds, and "N/A" before there is any.
bool FfmpegProgress::readLine(std::string_view line) {
    constexpr std::string_view key = "out_time_us=";
    if (!line.starts_with(key)) return false;
    line.remove_prefix(key.size());
    std::uint64_t microseconds = 0;
    auto read = std::from_chars(line.data(), line.data() + line.size(), microseconds);
    if (read.ec != std::errc{} || microseconds / 1000 <= doneMs_) return false;
    doneMs_ = microseconds / 1000;
    return true;
}

}  // namespace auricle::media
