// Which track of a movie is heard, and what its index says of it once.
#pragma once

#include <cstdint>
#include <string_view>

#include "media/m4a.h"
#include "media/movie.h"
#include "media/window.h"
#include "system/error.h"

namespace auricle::media {

/// The first enabled track of sound in `language` (BCP 47), where there is one, else the first in any; a
/// disabled one where all are. A pointer into `movie`. Fails with drm_protected where anything in it is
/// encrypted, with not_media where there is no sound or it has no clock.
Result<Track*> pickSound(Movie& movie, std::string_view language);

/// `description`: index of the sample entry, from 1. Fails with not_media where there is no such entry or it
/// says that the samples are in another file.
Result<AudioFormat> readAudioFormat(Window& window, const Movie& movie, const Track& track,
                                    std::uint32_t description);

}  // namespace auricle::media
