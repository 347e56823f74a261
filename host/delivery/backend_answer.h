// What a backend's answer means when it is not the one that was hoped for: its status and its own words as a
// typed error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/http.h"
#include "system/error.h"

namespace auricle::delivery {

/// The backend's words in a JSON body: `detail` as a sentence, or as the list that FastAPI makes for 422, in
/// one readable line of at most 300 bytes. Empty where there are none, and where they quote one of `secrets`
/// (an echoed token).
std::string backendSays(std::string_view body, std::span<const std::string_view> secrets);

/// The bearer token that goes with a request to this URL, without the word before it: what no message may
/// repeat.
vault::Secret tokenFor(net::Credentials& credentials, const net::Url& url);

/// The typed error of a status that is no success: 401 and 403 backend_unauthorized, 413 too_large, 429
/// rate_limited, statuses that may pass network and retryable, both with the server's Retry-After; all else
/// upload_rejected. `offeredBytes` is what the upload would have been; for 413 the limit is read from
/// Tus-Max-Size, or from the backend's words ("Maximum size is 100 MB").
Error refusal(const net::Response& response, std::uint64_t offeredBytes,
              std::span<const std::string_view> secrets);

/// upload_rejected for an answer that makes no sense; `what` goes on after "The backend HOST".
Error nonsense(const net::Url& backend, std::string_view what);

}  // namespace auricle::delivery
