// MP4, M4A and QuickTime files: their tracks, and whether all their bytes are there (ISO/IEC 14496-12).
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

Result<Container> probeIsoBmff(const ByteSource& source);

}  // namespace auricle::media
