// Captions as SubRip text (.srt), which every player and every transcription tool reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::sites {

struct Cue {
    std::uint64_t startMs = 0;
    std::uint64_t durationMs = 0;  ///< 0: not known, it stays until the next one
    std::string text;              ///< as the site has it: HTML's entities, tags and line breaks are undone
};

/// In the order of time and numbered from 1, lines ended by LF, UTF-8. Cues without words are left out; none
/// lasts into the next one. Empty when nothing is left.
std::string srtOf(std::vector<Cue> cues);

/// The cues of a text that claims to be SubRip, whatever its line ends, numbers or byte order mark. Nothing
/// where there is none in it.
std::optional<std::vector<Cue>> readSrt(std::string_view text);

}  // namespace auricle::sites
