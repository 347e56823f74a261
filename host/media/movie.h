// What an MP4's index says: the `moov` box as tracks with their kind, codec, times and sample tables
// (ISO/IEC 14496-12 chapter 8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/box.h"
#include "media/edit.h"
#include "media/sample_table.h"

namespace auricle::media {

struct Track {
    std::uint32_t id = 0;
    FourCc handler = 0;           ///< soun, vide, text, …
    FourCc codec = 0;             ///< format of the first sample description: mp4a, Opus, avc1, enca, …
    bool isEncrypted = false;     ///< a protected sample description (enca, encv, sinf)
    bool isImage = false;         ///< its samples are pictures by themselves: JPEG or PNG
    std::uint32_t timescale = 0;  ///< ticks a second
    std::uint64_t duration = 0;   ///< ticks; 0: not known
    bool isEnabled = false;       ///< tkhd: meant to be played
    std::uint16_t language = 0;   ///< packed ISO 639-2 (mdhd)
    std::string languageTag{};    ///< BCP 47 (elng); empty: only `language` is said
    std::vector<Edit> edits{};
    std::uint8_t descriptionVersion = 0;  ///< of stsd
    std::vector<Box> descriptions{};      ///< its sample entries
    std::vector<Box> groups{};            ///< sgpd and sbgp of stbl
    std::optional<Box> dataReferences{};  ///< dref
    SampleTable samples;
    /// Of its fragments (trex).
    std::uint32_t defaultDescription = 1, defaultSampleDuration = 0, defaultSampleSize = 0;
    std::uint64_t fragmentsEnd = 0;     ///< ticks: where the fragments read so far end
    std::uint64_t fragmentSamples = 0;  ///< samples in them

    bool isSound() const { return handler == fourCc("soun"); }
    bool isPicture() const { return handler == fourCc("vide"); }
};

struct Movie {
    std::uint32_t timescale = 0;         ///< ticks a second
    std::uint64_t duration = 0;          ///< ticks; 0: not known
    std::uint64_t fragmentDuration = 0;  ///< ticks: the whole with its fragments (mehd); 0: not known
    bool isFragmented = false;           ///< has mvex: samples are in fragments too
    bool isEncrypted = false;            ///< has a pssh
    std::vector<Track> tracks;

    Track* find(std::uint32_t id);
};

/// Fails with not_media where a box contradicts itself. Unknown boxes are passed over.
Result<Movie> readMovie(Window& window, const Box& moov);

}  // namespace auricle::media
