// Files that ffmpeg makes for a test, and what ffmpeg itself reads in a file: packet by packet.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/support/temporary_folder.h"

namespace auricle::test {

inline std::span<const std::byte> bytesIn(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string textIn(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A suite whose tests are skipped where there is no ffmpeg.
class MadeStreams : public testing::Test {
  protected:
    void SetUp() override {
        static const bool hasFfmpeg = std::system("ffmpeg -version > /dev/null 2>&1") == 0;
        if (!hasFfmpeg) GTEST_SKIP() << "ffmpeg is not installed: no real files to read";
    }

    std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
    std::string read(const std::string& name) const { return TemporaryFolder::read(path(name)); }
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        return folder_.write(name, content);
    }
    /// Runs ffmpeg in the folder; false where it fails (it lacks an encoder).
    bool make(const std::string& arguments) const {
        auto command = "cd '" + folder_.path().string() + "' && ffmpeg -nostdin -v error -y " + arguments +
                       " > made.log 2>&1";
        return std::system(command.c_str()) == 0;
    }
    /// The files whose names begin so, in order.
    std::vector<std::string> named(const std::string& beginning) const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
            auto name = entry.path().filename().string();
            if (name.starts_with(beginning)) found.push_back(name);
        }
        std::ranges::sort(found);
        return found;
    }
    /// Size and MD5 of each packet of a sound track, as ffmpeg reads them.
    std::vector<std::string> packets(const std::string& name, const std::string& options = "",
                                     const std::string& map = "0:a:0") const {
        auto command = "cd '" + folder_.path().string() + "' && ffmpeg -nostdin -v error -i '" + name +
                       "' -map " + map + " -c copy " + options + " -f framemd5 - 2>> made.log";
        std::string text;
        if (auto* pipe = ::popen(command.c_str(), "r")) {
            char buffer[4096];
            while (auto size = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
            ::pclose(pipe);
        }
        return packetsIn(text);
    }

  private:
    /// "stream, dts, pts, duration, size, hash, …" a line.
    static std::vector<std::string> packetsIn(std::string_view text) {
        std::vector<std::string> found;
        while (!text.empty()) {
            auto line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(text.size(), line.size() + 1));
            if (line.empty() || line.starts_with('#')) continue;
            for (int comma = 0; comma < 4; ++comma) line.remove_prefix(line.find(',') + 1);
            // Side data may follow with a hash of its own.
            found.emplace_back(line.substr(0, line.find(',', line.find(',') + 1)));
        }
        return found;
    }

    TemporaryFolder folder_;
};

}  // namespace auricle::test
