// FLAC files (RFC 9639).
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

/// A FLAC file does not say how many bytes it has: that its metadata is whole and that a frame follows is
/// checked.
Result<Container> probeFlac(const ByteSource& source);

}  // namespace auricle::media
