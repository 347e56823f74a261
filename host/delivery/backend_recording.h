// A lecture's recording, read piece by piece from the study backend that has it (docs/backend.md "Giving it
// back").
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "delivery/delivery.h"
#include "delivery/recording_piece.h"
#include "net/url.h"
#include "system/error.h"

namespace auricle::delivery {

/// Of a backend that gives a recording only as a whole, this much is read at most to come to a piece.
inline constexpr std::uint64_t mostWholeBytes = 16u << 20;

/// GET /api/lectures/{lecture}/audio with a Range (RFC 9110 section 14), once. The token goes to the
/// backend's own origin; redirects are followed, to an object store for instance, without it. An answer is
/// believed where it is the range that was asked for, uncompressed, and no page; of a 200 what is before the
/// piece is passed over and what is behind it is not read. Errors: backend_unauthorized; not_found where the
/// backend gives none back; bad_params for an offset behind the end; too_large beyond mostWholeBytes;
/// rate_limited and network, retryable, with the server's Retry-After; and those of net::HttpClient.
boost::asio::awaitable<Result<RecordingPiece>> readFromBackend(net::Url backend, std::string lecture,
                                                               PieceWanted wanted, Visit visit);

}  // namespace auricle::delivery
