// A lecture of 1 Mbit/s in every form that sites have, made by ffmpeg once and kept outside the project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace auricle::bench {

/// One form of the lecture. `files` of a playlist are all that it names, keys too, and itself at the end.
struct Form {
    std::string name;
    std::filesystem::path path;  ///< relative to the lecture's folder
    std::vector<std::filesystem::path> files{};
    bool isPlaylist = false;
    bool isFinest = false;      ///< sound and picture take turns at every frame or two
    bool isFragmented = false;  ///< `moof` after `moof`, and no index of the whole
};

struct Lecture {
    std::filesystem::path folder;
    std::filesystem::path sound;  ///< its sound alone, relative to the folder: the same frames, bit for bit
    std::uint64_t soundBytes = 0;
    std::vector<Form> forms;
};

/// Takes some ten seconds the first time, and 2.1 GB of the folder for temporary files for an hour. Throws a
/// std::runtime_error when ffmpeg fails.
Lecture makeLecture(int seconds);

}  // namespace auricle::bench
