// A movie fragment (`moof`): how far each track goes with it, and whether the bytes it names are there
// (ISO/IEC 14496-12 section 8.8).
#pragma once

#include "media/box.h"
#include "media/movie.h"
#include "system/error.h"

namespace auricle::media {

/// Adds the fragment to its tracks (fragmentsEnd, fragmentSamples) and to movie.isEncrypted. Fails with
/// not_media where it contradicts itself or names bytes beyond the file.
Result<void> readFragment(Window& window, const Box& moof, Movie& movie);

}  // namespace auricle::media
