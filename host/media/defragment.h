// A local file of sound made into a plain .m4a: index in front, tags, every packet bit for bit as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "media/byte_source.h"
#include "media/tags.h"
#include "system/error.h"

namespace auricle::media {

/// Takes the next bytes of the new file, in order; its error ends the work and is passed on.
using WriteBytes = std::function<Result<void>(std::span<const std::byte>)>;

struct PlainFile {
    std::uint64_t bytes = 0;       ///< written
    std::uint64_t durationMs = 0;  ///< of all its packets
};

/// From an MP4, fragmented (our own, a site's) or not: its sound track, the first that is enabled. Memory:
/// the index, some 8 bytes a packet. Errors: those of readAudioIndex(), of `write`, and not_media where the
/// source gives fewer bytes than its index names.
Result<PlainFile> writePlainM4a(const ByteSource& source, const Tags& tags, const WriteBytes& write);

/// From AAC in ADTS (a .aac file), read twice. What is cut off at its end is left out. Errors as above.
Result<PlainFile> writeM4aOfAdts(const ByteSource& source, const Tags& tags, const WriteBytes& write);

}  // namespace auricle::media
