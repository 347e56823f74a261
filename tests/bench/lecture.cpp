#include "lecture.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "timed_run.h"

namespace auricle::bench {
namespace {

namespace fs = std::filesystem;

/// What is really encoded of either; the rest repeats it, which costs a copy and no encoding.
constexpr int encodedSoundS = 600;
constexpr int encodedPictureS = 60;
constexpr const char* pictureRate = "905k";
/// A picture every half second leaves half a second of sound between two of them: a chunk, as MP4Box and
/// Apple write them. 25 leave a frame or two, as ffmpeg writes a real lecture.
constexpr int coarseRate = 2, finestRate = 25;
constexpr int secondsToKeyFrame = 4;
constexpr const char* segmentS = "6";
/// Part of the cache's name: to be raised with every change of how the files are made.
constexpr int recipe = 1;

Command ffmpeg(Command arguments) {
    arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error", "-y"});
    return arguments;
}

/// Noise in either ear, which fills the rate that it is given, as speech with its room does not.
Command soundCommand(int seconds) {
    const std::string ear = "anoisesrc=color=pink:r=48000:a=0.3:d=" + std::to_string(seconds);
    const std::string both = ear + ":seed=1[a];" + ear + ":seed=2[b];[a][b]amerge";
    return ffmpeg({"-f", "lavfi", "-i", both, "-c:a", "aac", "-b:a", "128k", "-f", "adts", "sound.once"});
}

Command pictureCommand(int rate, const std::string& out) {
    const std::string noise = "nullsrc=s=320x180:r=" + std::to_string(rate) +
                              ":d=" + std::to_string(encodedPictureS) + ",noise=alls=100:allf=t+u";
    return ffmpeg({"-f",
                   "lavfi",
                   "-i",
                   noise,
                   "-c:v",
                   "libx264",
                   "-preset",
                   "ultrafast",
                   "-b:v",
                   pictureRate,
                   "-minrate",
                   pictureRate,
                   "-maxrate",
                   pictureRate,
                   "-bufsize",
                   pictureRate,
                   "-g",
                   std::to_string(rate * secondsToKeyFrame),
                   "-bf",
                   "0",
                   "-pix_fmt",
                   "yuv420p",
                   "-x264-params",
                   "nal-hrd=cbr:scenecut=0",
                   "-f",
                   "h264",
                   out});
}

/// ADTS frames, and H.264 that begins with a key frame, can be laid end to end.
void repeat(const fs::path& once, int times, const fs::path& out) {
    std::ofstream all(out, std::ios::binary);
    for (int i = 0; i < times; ++i) {
        std::ifstream in(once, std::ios::binary);
        all << in.rdbuf();
    }
    if (!all.flush()) throw std::runtime_error("cannot write " + out.string());
    fs::remove(once);
}

int timesFor(int seconds, int once) {
    return std::max(1, (seconds + once - 1) / once);
}

Command videoCommand(int rate, const std::string& flags, const std::string& out) {
    Command command = ffmpeg({"-framerate", std::to_string(rate), "-i", "picture-" + std::to_string(rate),
                              "-i", "sound.m4a", "-map", "0:v", "-map", "1:a", "-c", "copy"});
    if (!flags.empty()) command.insert(command.end(), {"-movflags", flags});
    command.push_back(out);
    return command;
}

/// A playlist of the sound alone, in a folder of its own.
void makePlaylist(const fs::path& folder, const Command& options, const std::string& segments) {
    fs::create_directory(folder);
    Command command = ffmpeg({"-i", "../sound.m4a", "-c", "copy", "-f", "hls", "-hls_time", segmentS,
                              "-hls_playlist_type", "vod"});
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"-hls_segment_filename", segments, "index.m3u8"});
    mustRun(command, folder);
}

void makeEncrypted(const fs::path& folder) {
    fs::create_directory(folder);
    std::ofstream(folder / "stream.key", std::ios::binary) << "sixteen bytes of";
    std::ofstream(folder.parent_path() / "key-info") << "stream.key\n"
                                                     << (folder / "stream.key").string() << '\n';
    makePlaylist(folder, {"-hls_key_info_file", "../key-info"}, "%05d.ts");
}

void makeFiles(const fs::path& folder, int seconds) {
    mustRun(soundCommand(std::min(seconds, encodedSoundS)), folder);
    repeat(folder / "sound.once", timesFor(seconds, encodedSoundS), folder / "sound.aac");
    mustRun(ffmpeg({"-i", "sound.aac", "-c", "copy", "-movflags", "+faststart", "sound.m4a"}), folder);
    for (const int rate : {coarseRate, finestRate}) {
        const std::string name = "picture-" + std::to_string(rate);
        mustRun(pictureCommand(rate, name + ".once"), folder);
        repeat(folder / (name + ".once"), timesFor(seconds, encodedPictureS), folder / name);
    }
    mustRun(videoCommand(coarseRate, "+faststart", "front.mp4"), folder);
    mustRun(videoCommand(coarseRate, "", "end.mp4"), folder);
    mustRun(videoCommand(finestRate, "+faststart", "finest.mp4"), folder);
    mustRun(videoCommand(finestRate, "+frag_keyframe+empty_moov+default_base_moof", "fragmented.mp4"),
            folder);
    makePlaylist(folder / "ts", {}, "%05d.ts");
    makePlaylist(folder / "fmp4", {"-hls_segment_type", "fmp4"}, "%05d.m4s");
    makeEncrypted(folder / "aes");
    for (const char* name : {"sound.aac", "picture-2", "picture-25", "key-info"}) fs::remove(folder / name);
}

/// What a client of the playlist must fetch besides it: all that lies in its folder.
Form playlist(const fs::path& lecture, const std::string& name, const std::string& folder) {
    Form form{.name = name, .path = fs::path(folder) / "index.m3u8", .isPlaylist = true};
    for (const auto& each : fs::directory_iterator(lecture / folder)) {
        form.files.push_back(fs::path(folder) / each.path().filename());
    }
    std::ranges::sort(form.files);
    return form;
}

}  // namespace

Lecture makeLecture(int seconds) {
    const fs::path root = fs::temp_directory_path() / "auricle-bench";
    const std::string name = "lecture-" + std::to_string(seconds) + "-" + std::to_string(recipe);
    const fs::path folder = root / name;
    if (!fs::exists(folder)) {
        // Made beside it and renamed, so that it is whole or not there.
        const fs::path making = root / (".making-" + std::to_string(::getpid()));
        fs::remove_all(making);
        fs::create_directories(making);
        try {
            makeFiles(making, seconds);
            fs::rename(making, folder);
        } catch (...) {
            fs::remove_all(making);
            throw;
        }
    }
    return {.folder = folder,
            .sound = "sound.m4a",
            .soundBytes = fs::file_size(folder / "sound.m4a"),
            .forms = {{.name = "moov in front", .path = "front.mp4"},
                      {.name = "moov at the end", .path = "end.mp4"},
                      {.name = "finest interleave", .path = "finest.mp4", .isFinest = true},
                      {.name = "fragmented", .path = "fragmented.mp4", .isFragmented = true},
                      playlist(folder, "HLS TS", "ts"),
                      playlist(folder, "HLS fMP4", "fmp4"),
                      playlist(folder, "HLS AES-128", "aes")}};
}

}  // namespace auricle::bench
