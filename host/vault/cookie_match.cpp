#include "vault/cookie_match.h"

#include <algorithm>

#include "vault/origin.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kMaxCookies = 150;
constexpr std::size_t kMaxHeaderBytes = 8190;
constexpr std::string_view kBetween = "; ";

bool goesTo(const Cookie& cookie, const Place& place) {
    return isSentTo(cookie, place.host) && pathMatches(place.path, cookie.path) &&
           (place.isSecure || !cookie.isSecure);
}

bool comesBefore(const Cookie* left, const Cookie* right) {
    if (left->path.size() != right->path.size()) return left->path.size() > right->path.size();
    return left->created < right->created;
}

std::size_t pairBytes(const Cookie& cookie) {
    return cookie.name.size() + 1 + cookie.value.size();
}

std::byte* append(std::byte* out, std::string_view text) {
    return std::ranges::copy(std::as_bytes(std::span(text)), out).out;
}

}  // namespace

bool domainMatches(std::string_view host, std::string_view domain) {
    if (host == domain) return true;
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.' && !isIpAddress(host);
}

bool isSentTo(const Cookie& cookie, std::string_view host) {
    return cookie.isHostOnly ? host == cookie.domain : domainMatches(host, cookie.domain);
}

bool pathMatches(std::string_view requestPath, std::string_view cookiePath) {
    if (!requestPath.starts_with(cookiePath)) return false;
    return requestPath.size() == cookiePath.size() || cookiePath.ends_with('/') ||
           requestPath[cookiePath.size()] == '/';
}

std::string_view defaultPath(std::string_view requestPath) {
    const std::size_t last = requestPath.rfind('/');
    if (!requestPath.starts_with('/') || last == 0) return "/";
    return requestPath.substr(0, last);
}

std::vector<const Cookie*> matchCookies(std::span<const Cookie> cookies, std::string_view partition,
                                        const Place& place, std::int64_t nowMs) {
    std::vector<const Cookie*> matching;
    for (const Cookie& cookie : cookies) {
        if (cookie.partition == partition && !hasExpired(cookie, nowMs) && goesTo(cookie, place))
            matching.push_back(&cookie);
    }
    std::ranges::sort(matching, comesBefore);
    return matching;
}

Secret cookieHeaderOf(std::span<const Cookie* const> cookies) {
    std::vector<const Cookie*> fitting;
    std::size_t size = 0;
    for (const Cookie* cookie : cookies) {
        const std::size_t more = pairBytes(*cookie) + (fitting.empty() ? 0 : kBetween.size());
        if (fitting.size() == kMaxCookies) break;
        if (size + more > kMaxHeaderBytes) continue;
        size += more;
        fitting.push_back(cookie);
    }
    Secret header(size);
    std::byte* out = header.bytes().data();
    for (const Cookie* cookie : fitting) {
        if (cookie != fitting.front()) out = append(out, kBetween);
        out = append(out, cookie->name);
        out = append(out, "=");
        out = append(out, cookie->value.reveal());
    }
    return header;
}

}  // namespace auricle::vault
