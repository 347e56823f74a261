// Ogg files (RFC 3533): Opus, Vorbis, FLAC and Speex in them, and how long they last.
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

Result<Container> probeOgg(const ByteSource& source);

}  // namespace auricle::media
