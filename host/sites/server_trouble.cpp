#include "sites/server_trouble.h"

#include <string>

#include "net/retry.h"

namespace auricle::sites {

std::optional<Error> serverTrouble(const net::ResponseHead& head, std::chrono::system_clock::time_point now) {
    constexpr int tooManyRequests = 429, firstServerError = 500;
    bool mayPass = net::statusMayPass(head.status);
    if (!mayPass && head.status < firstServerError) return std::nullopt;
    Error error;
    error.kind = Kind::network;
    error.retryable = mayPass;
    error.retryAfterMs = net::retryAfterMs(head.headers, now);
    if (head.status == tooManyRequests) {
        error.kind = Kind::rate_limited;
        error.message = head.url.host() + " asks for fewer requests. Try again later.";
    } else {
        error.message = head.url.host() + " has trouble of its own (status " + std::to_string(head.status) +
                        "). Try again later.";
    }
    return error;
}

}  // namespace auricle::sites
