// The ways to the sound behind an HLS playlist, master or media.
#pragma once

#include "streams/document.h"
#include "streams/way.h"

namespace auricle::streams {

/// `document`: the playlist as it was found behind `asked`, where a live one is asked for again. Cheapest
/// first, never none. Errors: drm_protected, not_found (every rendition is missing or has a declared gap),
/// not_media, and what fetching playlists may fail with.
boost::asio::awaitable<Result<Ways>> openHls(const net::Url& asked, const Document& document,
                                             const Wishes& wishes, const Visit& visit);

}  // namespace auricle::streams
