// What a server's status says when it is about the server and not about the thing that was asked for.
#pragma once

#include <chrono>
#include <optional>

#include "net/http.h"
#include "system/error.h"

namespace auricle::sites {

/// rate_limited for 429 and network for 408, 425 and 5xx, retryable (but 501 and 505) and with the
/// Retry-After that came along; nothing for every other status.
std::optional<Error> serverTrouble(const net::ResponseHead& head, std::chrono::system_clock::time_point now);

}  // namespace auricle::sites
