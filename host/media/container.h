// What a file is, judged by what it holds: containers, tracks, duration. Never by a name or a type that
// somebody gave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "media/byte_source.h"
#include "system/error.h"

namespace auricle::media {

struct Container {
    std::string name;       ///< "mp4", "mp3", "adts", "ogg", "webm", "matroska", "flac", "wav"
    std::string mime;       ///< of an audio file in it: "audio/mp4", "audio/mpeg", …
    std::string extension;  ///< "m4a", "mp3", …
    bool hasAudio = false;
    bool isFragmented = false;     ///< an MP4 whose samples are in fragments: not every player takes it
    bool hasVideo = false;         ///< a moving picture; a cover image is none
    bool isEncrypted = false;      ///< pssh, sinf, encv or enca (ISO/IEC 23001-7)
    std::uint64_t durationMs = 0;  ///< 0: not known
};

/// What the first bytes allow to be said, for a verdict while the download has just begun. `media` is what
/// probe() can read; `needMore` is never said of 16 KiB or more.
enum class FirstLook { media, html, text, other, needMore };
FirstLook firstLook(std::span<const std::byte> head);

/// Reads the container whole enough to know its tracks and that it is complete (an MP4 whose boxes end beyond
/// the file, or whose index names bytes that are not there, is not; formats that have no end of their own,
/// MP3 and AAC, may lack part of the last frame). Fails with not_media and a sentence that says what was
/// found instead.
Result<Container> probe(const ByteSource& source);

}  // namespace auricle::media
