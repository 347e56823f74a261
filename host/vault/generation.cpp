#include "vault/generation.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "vault/admission.h"
#include "vault/cookie_match.h"

namespace auricle::vault {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// When the last of these names is gone.
std::int64_t endOf(const AnyOf& names, const std::vector<Cookie>& cookies, std::string_view partition,
                   std::string_view originHost, std::int64_t nowMs) {
    std::int64_t end = nowMs;
    for (const Cookie& cookie : cookies) {
        const bool counts = cookie.partition == partition && isSentTo(cookie, originHost) &&
                            !hasExpired(cookie, nowMs) &&
                            std::ranges::find(names, cookie.name) != names.end();
        if (counts) end = std::max(end, cookie.expiresAtMs.value_or(kNever));
    }
    return end;
}

}  // namespace

void Generation::moveTo(std::int64_t ahead) {
    const std::int64_t shiftMs = ahead - std::exchange(aheadMs, ahead);
    const auto shift = [&](std::optional<std::int64_t>& atMs) {
        if (atMs) *atMs += shiftMs;
    };
    for (Cookie& cookie : cookies) shift(cookie.expiresAtMs);
    shift(tokenExpiresAtMs);
    shift(lastUsedAtMs);
    shift(lastGoodAtMs);
    putAtMs += shiftMs;
}

Outlook outlookOfCookies(const Generation& generation, const SiteRules& rules, std::string_view originHost,
                         std::int64_t nowMs) {
    const std::string partition = choosePartition(generation.cookies, rules, originHost, nowMs);
    std::int64_t end = kNever;
    for (const AnyOf& names : rules.login)
        end = std::min(end, endOf(names, generation.cookies, partition, originHost, nowMs));
    if (end <= nowMs) return {};
    return {.isLive = true, .expiresAtMs = end == kNever ? std::nullopt : std::optional(end)};
}

Outlook outlookOfBearer(const Generation& generation, std::int64_t nowMs) {
    return {.isLive = !generation.tokenExpiresAtMs || *generation.tokenExpiresAtMs > nowMs,
            .expiresAtMs = generation.tokenExpiresAtMs};
}

std::string_view freshnessOf(const Generation& generation, const Outlook& outlook,
                             const FreshnessLimits& limits, std::int64_t nowMs) {
    if (!outlook.isLive) return "expired";
    if (outlook.expiresAtMs)
        return *outlook.expiresAtMs - nowMs <= limits.beforeExpiry.count() ? "stale" : "fresh";
    const std::int64_t ageMs = nowMs - generation.putAtMs;
    const std::int64_t silentMs =
        nowMs - std::max(generation.putAtMs, generation.lastGoodAtMs.value_or(generation.putAtMs));
    if (ageMs > limits.sessionAge.count() || silentMs > limits.afterAnswer.count()) return "stale";
    return generation.lastGoodAtMs ? "fresh" : "unknown";
}

void prolong(std::vector<Cookie>& cookies, const std::vector<Cookie>& again) {
    for (Cookie& cookie : cookies) {
        const auto same = std::ranges::find_if(again, [&](const Cookie& other) {
            return isSameCookie(other, cookie) && other.value.sameAs(cookie.value);
        });
        if (same != again.end()) cookie.expiresAtMs = same->expiresAtMs;
    }
}

FingerprintBytes fingerprintOf(const std::vector<Cookie>& cookies, const Secret& key) {
    std::vector<const Cookie*> ordered;
    for (const Cookie& cookie : cookies) ordered.push_back(&cookie);
    const auto identity = [](const Cookie* c) {
        return std::tie(c->partition, c->domain, c->path, c->name, c->isHostOnly);
    };
    std::ranges::sort(ordered, {}, identity);
    Fingerprint fingerprint(key);
    for (const Cookie* cookie : ordered) {
        for (const std::string* field : {&cookie->partition, &cookie->domain, &cookie->path, &cookie->name}) {
            fingerprint.add(*field);
        }
        fingerprint.add(cookie->isHostOnly ? "host" : "domain");
        fingerprint.add(cookie->isSecure ? "secure" : "any");
        fingerprint.add(cookie->value.reveal());
    }
    return fingerprint.finish();
}

}  // namespace auricle::vault
