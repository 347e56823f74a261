#include "capture/credentials.h"

#include <cstring>

#include "capture/mubi_credentials.h"

namespace auricle::capture {
namespace {

vault::Place placeOf(const net::Url& url) {
    return {.host = url.host(), .path = url.path(), .isSecure = url.isHttps() || url.isLoopback()};
}

}  // namespace

/// Cookies know hosts alone (RFC 6265 section 8.5), SAFETY knows origins: another port is another server.
bool SiteCredentials::isOnOwnPort(const net::Url& url) const {
    auto home = net::Url::parse(key_.origin);
    return home && home->port() == url.port();
}

vault::Secret SiteCredentials::cookies(const net::Url& url) {
    if (!useCookies_ || !isOnOwnPort(url)) return {};
    return vault_.cookieHeader(key_, placeOf(url));
}

void SiteCredentials::received(const net::Url& url, std::string_view setCookie) {
    if (useCookies_ && isOnOwnPort(url)) vault_.received(key_, placeOf(url), setCookie);
}

std::unique_ptr<net::Credentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies) {
    if (key.site == "mubi") return std::make_unique<MubiCredentials>(vault, std::move(key), useCookies);
    return std::make_unique<SiteCredentials>(vault, std::move(key), useCookies);
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
