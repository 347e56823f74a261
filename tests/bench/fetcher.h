// Auricle and the programs that it is compared with, each as the commands by which it gets a lecture's sound.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lecture.h"
#include "timed_run.h"

namespace auricle::bench {

/// One sound to be fetched into a folder of its own.
struct Job {
    std::string base;  ///< origin of the server, with a slash at its end
    const Lecture& lecture;
    const Form& form;
    std::filesystem::path caFile, folder;
    Command prefix{};  ///< what starts a program where the client is to be

    std::string url() const { return base + form.path.string(); }
    std::filesystem::path log() const { return folder / "log"; }
};

struct Fetched {
    TimedRun whole;                              ///< all commands together
    double downloadS = 0;                        ///< the first command alone
    std::optional<std::filesystem::path> sound;  ///< none: it failed, or was stopped
    std::string how;                             ///< the way that Auricle took; empty for others
    std::string fault;                           ///< the last line that was said, where there is no sound
};

class Fetcher {
  public:
    std::string name;
    std::string program;
    std::vector<Command> (*commands)(const Job& job, const std::string& program);
    bool isForFiles = true, isForPlaylists = true;
    bool isBulk = false;  ///< its first command knows nothing of playlists: it gets the list made by hand

    bool isFor(const Form& form) const { return form.isPlaylist ? isForPlaylists : isForFiles; }
    Fetched fetch(const Job& job, double limitS) const;
};

Fetcher auricleFetcher(const std::string& host);
std::vector<Fetcher> peerFetchers();
/// curl with the bare sound: what no client can beat.
Command floorCommand(const Job& job);

}  // namespace auricle::bench
