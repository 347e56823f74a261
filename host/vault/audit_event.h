// What happened to a secret, as it is told to whoever keeps the audit: never a value, never a cookie's name
// with its value.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace auricle::vault {

struct AuditEvent {
    std::string event;      ///< "put", "used", "forgotten", "fallback", "refresh.wanted", "refresh.done", …
    std::string site;       ///< empty for a bearer
    std::string origin;     ///< whose secret it is
    std::string capture{};  ///< the id of the capture that it happened for; empty where it was for none
    std::string outcome{};  ///< one word or a short sentence: "kept 3", "identical", "expired"
    std::chrono::milliseconds took{0};  ///< of a refresh that has ended
};

/// Called on the loop; must not call back into what tells it.
using Auditor = std::function<void(const AuditEvent&)>;

}  // namespace auricle::vault
