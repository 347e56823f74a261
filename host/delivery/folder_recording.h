// A recording in a folder, read piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>

#include "delivery/recording_piece.h"
#include "system/error.h"

namespace auricle::delivery {

/// Blocks: for a worker. `file` is where the delivery put it, `bytes` what it had then. not_found where no
/// regular file of that size lies there any more (a link is none), bad_params for an offset behind its end.
Result<RecordingPiece> readFromFolder(const std::filesystem::path& file, std::uint64_t bytes,
                                      PieceWanted wanted);

}  // namespace auricle::delivery
