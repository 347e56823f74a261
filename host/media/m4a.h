// The head of an .m4a file: everything before its first sample, known before the first sample arrives
// (ISO/IEC 14496-12; iTunes metadata as in QuickTime's `ilst`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/box.h"
#include "media/edit.h"
#include "media/sample_list.h"
#include "media/tags.h"

namespace auricle::media {

/// What is said once of a track of sound.
struct AudioFormat {
    FourCc codec = 0;                       ///< format of the sample entry: mp4a, Opus, alac, …
    std::vector<std::byte> sampleEntry{};   ///< the whole box in `stsd`, as the source has it
    std::uint8_t descriptionVersion = 0;    ///< version of `stsd`: 1 with AudioSampleEntryV1 (section 12.2.3)
    std::uint32_t timescale = 0;            ///< ticks a second of the track, above 0
    std::uint16_t language = 0x55c4;        ///< packed ISO 639-2, as in mdhd; "und"
    std::uint32_t movieTimescale = 1000;    ///< ticks a second of `edits`, above 0
    std::vector<Edit> edits{};              ///< empty: from the beginning to the end
    std::vector<std::byte> sampleGroups{};  ///< sgpd and sbgp boxes of `stbl`; may be empty
};

/// ftyp, moov and the header of mdat (64-bit where the samples need it). The samples follow back to back, and
/// nothing behind them. The same arguments give the same bytes.
std::vector<std::byte> m4aHead(const AudioFormat& format, const SampleList& samples, const Tags& tags);

}  // namespace auricle::media
