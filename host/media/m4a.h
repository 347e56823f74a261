// The head of an .m4a file: everything before its first sample, known before the first sample arrives
// (ISO/IEC 14496-12; iTunes metadata as in QuickTime's `ilst`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "media/box.h"
#include "media/sample_list.h"

namespace auricle::media {

/// UTF-8; what is empty is left out.
struct Tags {
    std::string title{};   ///< ©nam
    std::string course{};  ///< ©alb
    std::string date{};    ///< ©day, as RFC 3339 or a part of it
    std::string source{};  ///< ©cmt, where it came from

    bool operator==(const Tags&) const = default;
};

/// One entry of an edit list (section 8.6.6).
struct Edit {
    std::uint64_t duration = 0;  ///< ticks of the movie; 0: to the end of the track
    /// Ticks of the track; -1: nothing is played for `duration`.
    std::int64_t mediaTime = 0;
    std::uint32_t rate = 0x10000;  ///< 16.16 fixed point

    bool operator==(const Edit&) const = default;
};

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
