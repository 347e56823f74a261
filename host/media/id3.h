// The ID3v2 tag that may stand before MP3, AAC and FLAC data (id3.org, ID3v2.4.0 section 3.1).
#pragma once

#include <cstdint>

#include "media/window.h"
#include "system/error.h"

namespace auricle::media {

/// The offset behind the tags at `offset` (several may follow one another), and behind zero bytes that pad
/// them; `offset` itself where there is no tag. May lie beyond the file where a tag is cut.
Result<std::uint64_t> behindId3(Window& window, std::uint64_t offset);

}  // namespace auricle::media
