// An HLS media playlist and where it came from: read, and read again while it is live.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "media/hls_playlist.h"
#include "streams/document.h"
#include "streams/segment_source.h"

namespace auricle::streams {

/// How a media playlist is reached.
struct HlsAddress {
    net::Url url;
    media::HlsDefinitions definitions{};  ///< its master's
};

struct HlsRendition {
    SegmentSource source;
    std::uint64_t targetDurationMs = 0;
    bool isEvent = false, isEnded = false;
};

/// What a playlist may know of the URL by which it was reached. The URL must outlive it.
media::HlsContext contextOf(const net::Url& url, media::HlsDefinitions definitions);

Result<HlsRendition> readRendition(const Document& document, const media::HlsDefinitions& definitions,
                                   const Visit& visit);
boost::asio::awaitable<Result<HlsRendition>> fetchRendition(const HlsAddress& address, const Visit& visit);

}  // namespace auricle::streams
