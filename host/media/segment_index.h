// Where a fragmented file says that its fragments begin: `sidx` in front of them, `mfra` at the very end
// (ISO/IEC 14496-12 sections 8.16.3 and 8.8.9 to 8.8.11).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "media/box.h"
#include "system/error.h"

namespace auricle::media {

/// Adds the offsets at which what a `sidx` refers to begins: segments, or further `sidx`. Fails
/// with not_media where it is too short for what it says.
Result<void> readSegmentIndex(Window& window, const Box& sidx, std::vector<std::uint64_t>& begins);

/// Where the box `mfra` is, as the last 16 bytes of the file say (mfro); nothing where there is none.
Result<std::optional<Box>> findFragmentIndex(Window& window);
/// Adds the offsets of the fragments that `mfra` names; a fragment may be named several times, or not at all.
Result<void> readFragmentIndex(Window& window, const Box& mfra, std::vector<std::uint64_t>& begins);

}  // namespace auricle::media
