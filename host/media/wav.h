// WAV files: RIFF, and RF64 for more than 4 GiB (EBU Tech 3306).
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

Result<Container> probeWav(const ByteSource& source);

}  // namespace auricle::media
