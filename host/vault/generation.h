// One generation of a key's secrets: what one put brought, and how old it has become.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/cookie.h"
#include "vault/fingerprint.h"
#include "vault/secret.h"
#include "vault/site_rules.h"

namespace auricle::vault {

/// When secrets count as stale (docs/configuration.md, vault.*).
struct FreshnessLimits {
    /// So long before the expiry, and less.
    std::chrono::milliseconds beforeExpiry = std::chrono::minutes(10);
    /// Without an expiry: so long after the last good answer, or after the put where there was none yet.
    std::chrono::milliseconds afterAnswer = std::chrono::minutes(30);
    /// Without an expiry: so long after the put, whatever was answered since.
    std::chrono::milliseconds sessionAge = std::chrono::hours(12);
};

/// Wall-clock times (Unix, ms) count in this generation's own time: the wall clock as it stood at the put,
/// and from there on the monotonic one. What the wall clock does later makes nothing older or younger.
struct Generation {
    std::uint64_t number = 0;
    FingerprintBytes fingerprint{};
    std::vector<Cookie> cookies{};  ///< empty for a bearer
    Secret token{};                 ///< empty for cookies
    std::optional<std::int64_t> tokenExpiresAtMs{};
    std::int64_t aheadMs = 0;  ///< of the monotonic clock
    std::int64_t putAtMs = 0;
    std::optional<std::int64_t> lastUsedAtMs{};
    std::optional<std::int64_t> lastGoodAtMs{};  ///< the last good answer to a request with it
    std::uint64_t uses = 0;
    bool hasServedAsFallback = false;

    /// Brings it into a time of another `ahead`: the same secrets, handed in again by another wall clock.
    void moveTo(std::int64_t ahead);
};

struct Outlook {
    bool isLive = false;                        ///< something is there to sign in with
    std::optional<std::int64_t> expiresAtMs{};  ///< when that ends; none: nobody said
};

/// `nowMs` in the generation's time. A session ends with the first of SiteRules::login of which nothing is
/// left.
Outlook outlookOfCookies(const Generation& generation, const SiteRules& rules, std::string_view originHost,
                         std::int64_t nowMs);
Outlook outlookOfBearer(const Generation& generation, std::int64_t nowMs);

/// "expired": nothing to sign in with is left. With an expiry: "stale" shortly before it, else "fresh".
/// Without one: "stale" where it is old or was not answered well for long, "unknown" where it was never
/// answered well, else "fresh".
std::string_view freshnessOf(const Generation& generation, const Outlook& outlook,
                             const FreshnessLimits& limits, std::int64_t nowMs);

/// The browser may have prolonged a session whose values stay: takes over the expiries of `again`.
void prolong(std::vector<Cookie>& cookies, const std::vector<Cookie>& again);

/// Expiry is left out: the same session, prolonged, is still the same session.
FingerprintBytes fingerprintOf(const std::vector<Cookie>& cookies, const Secret& key);

}  // namespace auricle::vault
