#include "sound_check.h"

#include <fstream>
#include <string>

#include "timed_run.h"

namespace auricle::bench {
namespace {

/// The next packet's line: `stream, dts, pts, duration, bytes, digest`; empty at the end.
std::string nextLine(std::ifstream& in, Sameness sameness) {
    std::string line;
    while (std::getline(in, line) && line.starts_with('#')) continue;
    if (sameness == Sameness::packetsAndTimes || line.empty()) return line;
    const auto lastComma = line.rfind(',');
    const auto before = line.rfind(',', lastComma - 1);
    return line.substr(before);
}

}  // namespace

bool writeDigests(const std::filesystem::path& file, const std::filesystem::path& out) {
    return run({"ffmpeg", "-nostdin", "-v", "error", "-y", "-i", file.string(), "-map", "0:a:0", "-c", "copy",
                "-f", "framemd5", out.string()})
        .isWell();
}

bool isSame(const std::filesystem::path& digests, const std::filesystem::path& others, Sameness sameness) {
    std::ifstream a(digests), b(others);
    for (bool isAny = false;; isAny = true) {
        const std::string mine = nextLine(a, sameness), its = nextLine(b, sameness);
        if (mine != its) return false;
        if (mine.empty()) return isAny;
    }
}

}  // namespace auricle::bench
