// The cookies of a session that a site opens for one capture: kept as the vault keeps its own, and gone with
// the capture.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/cookie.h"
#include "vault/place.h"
#include "vault/secret.h"

namespace auricle::vault {

class SessionJar {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;

    /// Only cookies of these names are kept.
    explicit SessionJar(std::vector<std::string> names, Clock now = std::chrono::system_clock::now)
        : names_(std::move(names)), now_(std::move(now)) {}

    /// The Cookie header's value for one request, as Vault::cookieHeader() has it; empty when nothing
    /// matches.
    Secret cookieHeader(const Place& place) const;
    /// What an answer sets: keeps, replaces or removes the cookie, if the place may set it (RFC 6265bis
    /// section 5.7; an insecure place may set none).
    void received(const Place& place, std::string_view setCookie);

  private:
    std::int64_t nowMs() const;

    std::vector<std::string> names_;
    Clock now_;
    std::vector<Cookie> cookies_;
};

}  // namespace auricle::vault
