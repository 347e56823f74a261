#include "vault/admission.h"

#include <algorithm>
#include <optional>

#include "vault/cookie_match.h"
#include "vault/origin.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kMaxCookiesOfEntry = 180;  // what browsers keep for one domain
constexpr std::size_t kMaxReportedNameBytes = 64;

// A name that was dropped is anybody's text: it is cut, between characters, to what a person can read.
std::string reportedName(const std::string& name) {
    const bool isReadable =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (name.empty() || !isReadable) return "(unreadable)";
    if (name.size() <= kMaxReportedNameBytes) return name;
    std::size_t end = kMaxReportedNameBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    return name.substr(0, end) + "…";
}

std::optional<std::string> whyNotAsked(const OfferedCookie& offered, const SiteRules& rules,
                                       const std::string& store) {
    if (!isNeeded(rules, offered.cookie.name)) return "not needed by " + rules.site;
    if (!store.empty() && !offered.store.empty() && offered.store != store)
        return "belongs to another cookie store";
    return std::nullopt;
}

}  // namespace

std::expected<Cookie, std::string> acceptForSite(Cookie offered, const SiteRules& rules,
                                                 std::string_view originHost, std::int64_t nowMs) {
    const std::string domain = canonicalHost(offered.domain);
    return acceptCookie(std::move(offered), isOfSite(rules, domain) ? domain : originHost, nowMs);
}

bool store(std::vector<Cookie>& cookies, Cookie cookie) {
    const auto same =
        std::ranges::find_if(cookies, [&](const Cookie& other) { return isSameCookie(other, cookie); });
    if (same != cookies.end()) {
        cookie.created = same->created;
        *same = std::move(cookie);
        return true;
    }
    if (cookies.size() == kMaxCookiesOfEntry) return false;
    cookie.created = cookies.empty() ? 1 : cookies.back().created + 1;
    cookies.push_back(std::move(cookie));
    return true;
}

std::vector<AnyOf> missingLogin(const std::vector<Cookie>& cookies, std::string_view partition,
                                const SiteRules& rules, std::string_view originHost, std::int64_t nowMs) {
    std::vector<AnyOf> missing;
    for (const AnyOf& names : rules.login) {
        const bool isThere = std::ranges::any_of(cookies, [&](const Cookie& cookie) {
            return cookie.partition == partition && isSentTo(cookie, originHost) &&
                   !hasExpired(cookie, nowMs) && std::ranges::find(names, cookie.name) != names.end();
        });
        if (!isThere) missing.push_back(names);
    }
    return missing;
}

std::string choosePartition(const std::vector<Cookie>& cookies, const SiteRules& rules,
                            std::string_view originHost, std::int64_t nowMs) {
    for (const Cookie& cookie : cookies) {
        if (!cookie.partition.empty() && isLoginName(rules, cookie.name) &&
            missingLogin(cookies, cookie.partition, rules, originHost, nowMs).empty())
            return cookie.partition;
    }
    return {};
}

Admission admit(OpenedCookies& put, const SiteRules& rules, std::int64_t nowMs) {
    Admission admission;
    const std::string_view originHost = hostOf(put.origin);
    for (OfferedCookie& offered : put.cookies) {
        std::string name = reportedName(offered.cookie.name);
        if (auto why = whyNotAsked(offered, rules, put.store)) {
            admission.dropped.push_back({std::move(name), std::move(*why)});
            continue;
        }
        auto accepted = acceptForSite(std::move(offered.cookie), rules, originHost, nowMs);
        if (!accepted) {
            admission.dropped.push_back({std::move(name), std::move(accepted.error())});
        } else if (!store(admission.kept, std::move(*accepted))) {
            admission.dropped.push_back({std::move(name), "more than a site can have"});
        }
    }
    const std::string partition = choosePartition(admission.kept, rules, originHost, nowMs);
    admission.missing = missingLogin(admission.kept, partition, rules, originHost, nowMs);
    return admission;
}

}  // namespace auricle::vault
