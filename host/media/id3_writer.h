// An ID3v2.3 tag to stand in front of MP3 frames that have none (id3.org, ID3v2.3.0).
#pragma once

#include <cstddef>
#include <vector>

#include "media/tags.h"

namespace auricle::media {

/// Title, album, year and day, comment; what is empty is left out, and nothing at all of empty tags. Text
/// that is no UTF-8 loses what cannot be read.
std::vector<std::byte> id3Tag(const Tags& tags);

}  // namespace auricle::media
