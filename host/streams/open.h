// What is behind a stream's address, judged by what it holds: an MP4, a playlist, a manifest, a file of sound.
#pragma once

#include "net/url.h"
#include "streams/way.h"

namespace auricle::streams {

/// Asks for the beginning of what is there and gives the ways to its sound, cheapest first, never none.
/// not_media where it is none of these or has no sound; drm_protected; else what the http client and the
/// visit's judges say. Every other request that a plan needs (the index of an MP4, the renditions of a
/// playlist) is made here.
boost::asio::awaitable<Result<Ways>> open(net::Url url, Wishes wishes, Visit visit);

}  // namespace auricle::streams
