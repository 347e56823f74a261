// Files that are audio frames one after the other: MP3 and AAC in ADTS.
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

/// Such files have no end of their own: the last frame may be cut. A Xing header that counts more bytes than
/// there are tells that the file is cut off.
Result<Container> probeMpegAudio(const ByteSource& source);

}  // namespace auricle::media
