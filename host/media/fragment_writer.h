// A fragmented MP4 of our own with one track of sound: its head, and a fragment for some samples (ISO/IEC
// 14496-12 section 8.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/m4a.h"
#include "media/sample_batch.h"

namespace auricle::media {

/// ftyp and moov. An edit list whose last edit has no duration goes to the end of the track, however long.
std::vector<std::byte> fragmentedHead(const AudioFormat& format);

/// moof and mdat. `sequence` counts fragments from 1; `decodeTime` is that of the first sample, in ticks of
/// the track. Fails with too_large for 2 GiB and more.
Result<std::vector<std::byte>> fragment(std::uint32_t sequence, std::uint64_t decodeTime,
                                        const SampleBatch& batch);

}  // namespace auricle::media
