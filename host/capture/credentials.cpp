#include "capture/credentials.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "capture/mubi_credentials.h"

namespace auricle::capture {
namespace {

vault::Place placeOf(const net::Url& url) {
    return {.host = url.host(), .path = url.path(), .isSecure = url.isHttps() || url.isLoopback()};
}

/// The audit is told of a use once for each generation and capture.
void tellUse(vault::Vault& vault, const vault::Key& key, std::optional<std::uint64_t>& given,
             const std::string& capture) {
    const auto now = vault.generation(key);
    if (std::exchange(given, now) != now) vault.tellUse(key, capture);
}

vault::Secret joined(vault::Secret first, vault::Secret second) {
    if (first.empty() || second.empty()) return first.empty() ? std::move(second) : std::move(first);
    constexpr std::string_view between = "; ";
    vault::Secret both(first.size() + between.size() + second.size());
    auto rest = std::ranges::copy(first.bytes(), both.bytes().begin()).out;
    rest = std::ranges::copy(std::as_bytes(std::span(between)), rest).out;
    std::ranges::copy(second.bytes(), rest);
    return both;
}

}  // namespace

void SessionCredentials::proved() {
    if (given_) vault_.proved(key_, *given_);
}

void SessionCredentials::useNone() {
    useCookies_ = false;
    given_.reset();
}

bool SessionCredentials::mayUse() {
    if (!useCookies_) return false;
    if (!refresh_ || !refresh_->areSpent(key_)) return true;
    hasWithheld_ = true;
    return false;
}

void SessionCredentials::noteUse() {
    tellUse(vault_, key_, given_, capture_);
}

/// Cookies know hosts alone (RFC 6265 section 8.5), SAFETY knows origins: another port is another server.
bool SiteCredentials::isOnOwnPort(const net::Url& url) const {
    auto home = net::Url::parse(key_.origin);
    return home && home->port() == url.port();
}

vault::Secret SiteCredentials::cookies(const net::Url& url) {
    if (!isOnOwnPort(url)) return {};
    // A session is the very server's: no other host of the site's gets or sets it.
    auto own = url.origin() == key_.origin ? session_.cookieHeader(placeOf(url)) : vault::Secret();
    return joined(vaultCookies(url), std::move(own));
}

vault::Secret SiteCredentials::vaultCookies(const net::Url& url) {
    if (!mayUse()) return {};
    auto header = vault_.cookieHeader(key_, placeOf(url));
    if (!header.empty()) noteUse();
    return header;
}

vault::Secret SiteCredentials::cookieFile() {
    if (!mayUse()) return {};
    auto file = vault_.cookieFile(key_);
    if (!file.empty()) noteUse();
    return file;
}

void SiteCredentials::received(const net::Url& url, std::string_view setCookie) {
    if (!isOnOwnPort(url)) return;
    if (url.origin() == key_.origin) session_.received(placeOf(url), setCookie);
    if (useCookies_ && given_) vault_.received(key_, placeOf(url), setCookie, *given_);
}

std::unique_ptr<SessionCredentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                                                    std::vector<std::string> sessionCookies,
                                                    std::string capture) {
    if (key.site == "mubi")
        return std::make_unique<MubiCredentials>(vault, std::move(key), useCookies, std::move(capture));
    return std::make_unique<SiteCredentials>(vault, std::move(key), useCookies, std::move(sessionCookies),
                                             std::move(capture));
}

vault::Secret BackendCredentials::authorization(const net::Url& url) {
    if (url.origin() != key_.origin) return {};
    auto token = vault_.bearer(key_.origin);
    if (token.empty()) return {};
    tellUse(vault_, key_, given_, capture_);
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
