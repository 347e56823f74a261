// Files that ffmpeg makes at test time, and ffmpeg's own reading of any file, packet by packet.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace auricle::test {

class MadeFiles {
  public:
    MadeFiles()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  ("auricle-made-" + std::to_string(::getpid()) + "-" + std::to_string(++made_))) {
        std::filesystem::create_directories(folder_);
    }
    ~MadeFiles() { std::filesystem::remove_all(folder_); }
    MadeFiles(const MadeFiles&) = delete;
    MadeFiles& operator=(const MadeFiles&) = delete;

    static bool canMake() { return std::system("ffmpeg -version > /dev/null 2>&1") == 0; }

    /// What ffmpeg writes with these arguments; empty where it cannot (it lacks an encoder).
    std::string make(const std::string& name, const std::string& arguments) const {
        auto file = folder_ / name;
        auto command = "ffmpeg -nostdin -v error -y " + arguments + " '" + file.string() + "' > '" +
                       (folder_ / "log").string() + "' 2>&1";
        return std::system(command.c_str()) == 0 ? read(file) : std::string();
    }
    /// Every packet of one sound track as ffmpeg's own reader gives it, a line for each of these fields.
    std::string packets(const std::string& name, std::string_view content, int track = 0,
                        const std::string& fields = "pts,dts,duration,size,data_hash") const {
        auto file = folder_ / name;
        std::ofstream(file, std::ios::binary) << content;
        return answer("ffprobe -v error -select_streams a:" + std::to_string(track) +
                      " -show_entries packet=" + fields + " -show_data_hash md5 -of default=nw=1 '" +
                      file.string() + "'");
    }
    /// Hash of the decoded sound of a file that packets() was asked for.
    std::string decoded(const std::string& name) const {
        return answer("ffmpeg -nostdin -v error -i '" + path(name).string() + "' -map 0:a:0 -f md5 -");
    }
    /// The first line in which two readings differ; empty where they do not.
    static std::string difference(std::string_view ours, std::string_view expected) {
        if (ours == expected) return {};
        auto [mine, theirs] = std::ranges::mismatch(ours, expected);
        auto line = [](std::string_view text, std::size_t at) {
            auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
            return std::string(
                text.substr(begin, std::min<std::size_t>(text.find('\n', begin) - begin, 200)));
        };
        if (ours.empty() || expected.empty()) return "one of them has no packets";
        auto at = static_cast<std::size_t>(mine - ours.begin());
        return "\nours:     " + line(ours, at) + "\nexpected: " + line(expected, at) + "\n";
    }
    std::filesystem::path path(const std::string& name) const { return folder_ / name; }
    static std::string read(const std::filesystem::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

  private:
    std::string answer(const std::string& command) const {
        auto out = folder_ / "answer", log = folder_ / "log";
        bool isDone =
            std::system((command + " > '" + out.string() + "' 2> '" + log.string() + "'").c_str()) == 0;
        return isDone ? read(out) : "it could not be read: " + read(log);
    }

    static inline int made_ = 0;
    std::filesystem::path folder_;
};

}  // namespace auricle::test
