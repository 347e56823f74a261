// What the beginning of a file allows to be said for certain, while the rest is still on its way.
#pragma once

#include <optional>

#include "media/byte_source.h"
#include "media/container.h"

namespace auricle::media {

/// The container where the beginning shows that the whole is sound and nothing else, and plays as it is: an
/// MP4 with its whole index in front, as this program and streaming servers write it. Nothing where that
/// cannot be said.
std::optional<Container> soundFromTheBeginning(const ByteSource& beginning);

}  // namespace auricle::media
