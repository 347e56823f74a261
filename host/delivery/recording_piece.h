// A part of a delivered recording, read again where it lies, so that a person can hear it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace auricle::delivery {

/// Which bytes are wanted: at most `length` of them, from `offset` on.
struct PieceWanted {
    std::uint64_t offset = 0, length = 0;
};

struct RecordingPiece {
    std::vector<std::byte>
        bytes;                ///< empty where `offset` is the end; else as many as are there, one at least
    std::uint64_t total = 0;  ///< bytes of the whole recording
    std::string mime{};       ///< as whoever has it says, without parameters; empty: not said
};

}  // namespace auricle::delivery
