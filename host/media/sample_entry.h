// The description of sound samples in an MP4 (an entry of stsd), made from what a frame's own header says
// (ISO/IEC 14496-12 section 12.2.3), and read as far as it tells whether two describe the same coding.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "media/ac3.h"
#include "media/adts.h"
#include "media/box.h"

namespace auricle::media {

std::vector<std::byte> sampleEntryOf(const Adts& header);  ///< mp4a with an esds
std::vector<std::byte> sampleEntryOf(const Ac3& header);   ///< ac-3 with a dac3

/// What a decoder is set up with by an entry: its format and its configuration, without what only describes
/// (bit rates, languages). Equal for two entries whose samples one decoder can take in turn.
std::vector<std::byte> codecConfiguration(std::span<const std::byte> sampleEntry);

/// Whether players know what sound of that format is (MP4RA's registry and QuickTime's own ones).
bool isKnownSound(FourCc format);

/// The object type of an mp4a entry (ISO/IEC 14496-1 table 5: 0x40 AAC, 0x69 and 0x6b MPEG audio), or 0.
std::uint8_t objectTypeOf(std::span<const std::byte> sampleEntry);

}  // namespace auricle::media
