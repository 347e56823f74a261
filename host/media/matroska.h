// Matroska and WebM files (RFC 9559) by the elements of EBML (RFC 8794).
#pragma once

#include "media/byte_source.h"
#include "media/container.h"
#include "system/error.h"

namespace auricle::media {

Result<Container> probeMatroska(const ByteSource& source);

}  // namespace auricle::media
