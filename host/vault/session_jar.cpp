#include "vault/session_jar.h"

#include <algorithm>

#include "vault/cookie_match.h"
#include "vault/set_cookie.h"

namespace auricle::vault {

std::int64_t SessionJar::nowMs() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count();
}

Secret SessionJar::cookieHeader(const Place& place) const {
    return cookieHeaderOf(matchCookies(cookies_, {}, place, nowMs()));
}

void SessionJar::received(const Place& place, std::string_view setCookie) {
    if (!place.isSecure || !std::ranges::count(names_, nameOfSetCookie(setCookie))) return;
    const std::int64_t now = nowMs();
    auto set = parseSetCookie(setCookie, place, now);
    if (!set) return;
    const bool isRemoval = hasExpired(*set, now);
    if (isRemoval) set->expiresAtMs.reset();
    auto accepted = acceptCookie(std::move(*set), place.host, now);
    if (!accepted) return;
    std::erase_if(cookies_, [&](const Cookie& cookie) { return isSameCookie(cookie, *accepted); });
    if (!isRemoval) cookies_.push_back(std::move(*accepted));
}

}  // namespace auricle::vault
