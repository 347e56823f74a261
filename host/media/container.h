// What a file is, judged by what it holds: containers, tracks, duration. Never by a name or a type that somebody gave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "system/error.h"

namespace auricle::media {

/// Bytes that can be read at any place: a part file, a buffer, later a range of a URL.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t size() const = 0;  ///< bytes
    /// Reads at `offset` until `into` is full or the end is reached; gives the number of bytes read.
    virtual Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const = 0;
};

/// A local file opened read-only, closed with the object.
class FileSource final : public ByteSource {
  public:
    explicit FileSource(int descriptor) : descriptor_(descriptor) {}  ///< borrows the descriptor
    std::uint64_t size() const override;
    Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const override;

  private:
    int descriptor_;
};

struct Container {
    std::string name;            ///< "mp4", "mp3", "adts", "ogg", "webm", "flac", "wav"
    std::string mime;            ///< of an audio file in it: "audio/mp4", "audio/mpeg", …
    std::string extension;       ///< "m4a", "mp3", …
    bool hasAudio = false;
    bool hasVideo = false;       ///< a moving picture; a cover image is none
    bool isEncrypted = false;    ///< pssh, sinf, encv or enca (ISO/IEC 23001-7)
    std::uint64_t durationMs = 0;  ///< 0: not known
};

/// What the first bytes allow to be said, for a verdict while the download has just begun.
enum class FirstLook { media, html, text, other, needMore };
FirstLook firstLook(std::span<const std::byte> head);

/// Reads the container whole enough to know its tracks and that it is complete (an MP4 whose boxes end beyond the file is
/// not). Fails with not_media and a sentence that says what was found instead.
Result<Container> probe(const ByteSource& source);

}  // namespace auricle::media
