// The ways to the sound behind a DASH manifest.
#pragma once

#include <functional>

#include "streams/document.h"
#include "streams/way.h"

namespace auricle::streams {

/// How one whole file is opened, which a representation may be: streams::open in the program.
using OpenFile = std::function<boost::asio::awaitable<Result<Ways>>(net::Url url)>;

/// Smallest first, never none. Indexes that lie in the files (sidx) are fetched here. Errors: drm_protected,
/// not_ready_yet (live), not_media, and what fetching an index may fail with.
boost::asio::awaitable<Result<Ways>> openDash(const Document& document, const Wishes& wishes,
                                              const Visit& visit, const OpenFile& openFile);

}  // namespace auricle::streams
