// Whether two files hold the same sound: ffmpeg's digests of their packets, compared one by one.
#pragma once

#include <filesystem>

namespace auricle::bench {

/// Writes the digests of a file's first sound track to `out`, one line a packet (framemd5 of a copy). False
/// when ffmpeg cannot read it.
bool writeDigests(const std::filesystem::path& file, const std::filesystem::path& out);

enum class Sameness { packets, packetsAndTimes };

/// Compares what writeDigests wrote. `packets` leaves out times, which a container has in its own units and
/// from its own beginning.
bool isSame(const std::filesystem::path& digests, const std::filesystem::path& others, Sameness sameness);

}  // namespace auricle::bench
