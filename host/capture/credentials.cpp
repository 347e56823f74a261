#include "capture/credentials.h"

#include <cstring>

namespace auricle::capture {
namespace {

vault::Place placeOf(const net::Url& url) {
    return {.host = url.host(), .path = url.path(), .isSecure = url.isHttps() || url.isLoopback()};
}

}  // namespace

vault::Secret SiteCredentials::cookies(const net::Url& url) {
    if (!useCookies_) return {};
    return vault_.cookieHeader(key_, placeOf(url));
}

void SiteCredentials::received(const net::Url& url, std::string_view setCookie) {
    if (useCookies_) vault_.received(key_, placeOf(url), setCookie);
}

vault::Secret BackendCredentials::authorization(const net::Url& url) {
    if (url.origin() != origin_) return {};
    auto token = vault_.bearer(origin_);
    if (token.empty()) return {};
    constexpr std::string_view scheme = "Bearer ";
    vault::Secret value(scheme.size() + token.size());
    std::memcpy(value.bytes().data(), scheme.data(), scheme.size());
    std::memcpy(value.bytes().data() + scheme.size(), token.c_str(), token.size());
    return value;
}

}  // namespace auricle::capture
