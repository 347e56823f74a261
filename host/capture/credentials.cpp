#include "capture/credentials.h"

#include <cstring>

#include "capture/mubi_credentials.h"

namespace auricle::capture {
namespace {

vault::Place placeOf(const net::Url& url) {
    return {.host = url.host(), .path = url.path(), .isSecure = url.isHttps() || url.isLoopback()};
}

}  // namespace

void noteUse(vault::Vault& vault, const vault::Key& key, std::optional<std::uint64_t>& given,
             const std::string& capture) {
    const auto now = vault.generation(key);
    if (std::exchange(given, now) != now) vault.tellUse(key, capture);
}

/// Cookies know hosts alone (RFC 6265 section 8.5), SAFETY knows origins: another port is another server.
bool SiteCredentials::isOnOwnPort(const net::Url& url) const {
    auto home = net::Url::parse(key_.origin);
    return home && home->port() == url.port();
}

vault::Secret SiteCredentials::cookies(const net::Url& url) {
    if (!useCookies_ || !isOnOwnPort(url)) return {};
    auto header = vault_.cookieHeader(key_, placeOf(url));
    if (!header.empty()) noteUse(vault_, key_, given_, capture_);
    return header;
}

void SiteCredentials::received(const net::Url& url, std::string_view setCookie) {
    if (useCookies_ && isOnOwnPort(url) && given_) vault_.received(key_, placeOf(url), setCookie, *given_);
}

void SiteCredentials::proved() {
    if (given_) vault_.proved(key_, *given_);
}

std::unique_ptr<JobCredentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                                                std::string capture) {
    if (key.site == "mubi")
        return std::make_unique<MubiCredentials>(vault, std::move(key), useCookies, std::move(capture));
    return std::make_unique<SiteCredentials>(vault, std::move(key), useCookies, std::move(capture));
}

vault::Secret BackendCredentials::authorization(const net::Url& url) {
    if (url.origin() != key_.origin) return {};
    auto token = vault_.bearer(key_.origin);
    if (token.empty()) return {};
    noteUse(vault_, key_, given_, capture_);
    constexpr std::string_view scheme = "Bearer ";
    vault::Secret value(scheme.size() + token.size());
    std::memcpy(value.bytes().data(), scheme.data(), scheme.size());
    std::memcpy(value.bytes().data() + scheme.size(), token.c_str(), token.size());
    return value;
}

void BackendCredentials::proved() {
    if (given_) vault_.proved(key_, *given_);
}

}  // namespace auricle::capture
