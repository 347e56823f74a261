#include "capture/mubi_credentials.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include "sites/mubi_page.h"
#include "vault/secret_text.h"
#include "vault/web_token.h"

namespace auricle::capture {
namespace {

/// The cookies belong to the site, the token that they hold is told to its API.
constexpr vault::Place home{.host = "mubi.com", .path = "/", .isSecure = true};

bool isApi(const net::Url& url) {
    return url.origin() == sites::mubiApi;
}

/// A random UUID (RFC 9562 section 5.4). It protects nothing.
std::string randomNumber() {
    std::random_device device;
    char text[40];
    std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%08x%04x", device(), device() & 0xffff,
                  device() & 0xfff, 0x8000 | (device() & 0x3fff), device(), device() & 0xffff);
    return text;
}

/// The browser's own: what stands before the first dot of the cookie.
std::string_view anonymousIn(const vault::Secret& cookies) {
    constexpr std::size_t uuidLength = 36;
    auto value = vault::cookieIn(cookies, "_snow_id.c006");
    auto number = value.substr(0, value.find('.'));
    bool isUuid = number.size() == uuidLength && std::ranges::all_of(number, [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
                  });
    return isUuid ? number : std::string_view();
}

/// A token that a person handed in goes before what the browser has.
std::optional<vault::MubiSession> sessionAt(vault::Vault& vault, const vault::Key& key) {
    if (auto token = vault.bearer(sites::mubiApi); !token.empty()) {
        auto expiry = vault::expiryOfWebToken(token);
        return vault::MubiSession{.form = vault::MubiSession::Form::token,
                                  .token = std::move(token),
                                  .userId = {},
                                  .sessionId = {},
                                  .expiresAtMs = expiry};
    }
    return vault::mubiSessionOf(vault.cookieHeader(key, home));
}

}  // namespace

MubiCredentials::MubiCredentials(vault::Vault& vault, vault::Key key, bool useCookies, std::string capture)
    : SessionCredentials(vault, std::move(key), useCookies, std::move(capture)), anonymous_(randomNumber()) {}

std::optional<vault::MubiSession> MubiCredentials::session() {
    return mayUse() ? sessionAt(vault_, key_) : std::nullopt;
}

vault::Secret MubiCredentials::authorization(const net::Url& url) {
    auto found = isApi(url) ? session() : std::nullopt;
    if (!found) return {};
    if (found->form != vault::MubiSession::Form::token) noteUse();
    return vault::SecretText().add("Bearer ").add(found->token.reveal()).take();
}

std::vector<net::SecretHeader> MubiCredentials::headers(const net::Url& url, std::string_view account) {
    std::vector<net::SecretHeader> made;
    if (!isApi(url)) return made;
    auto cookies = useCookies_ ? vault_.cookieHeader(key_, home) : vault::Secret();
    auto number = anonymousIn(cookies);
    made.push_back({"Anonymous_user_id", vault::Secret::copyOf(number.empty() ? anonymous_ : number)});
    auto found = session();
    auto customData = found ? vault::mubiCustomData(*found, account) : vault::Secret();
    if (!customData.empty()) made.push_back({"dt-custom-data", std::move(customData)});
    return made;
}

std::string MubiCredentials::madeOf() {
    auto found = session();
    return found ? std::string(vault::describe(found->form)) : std::string();
}

void MubiCredentials::received(const net::Url& url, std::string_view setCookie) {
    if (!useCookies_ || !isApi(url) || !given_) return;
    vault_.received(key_, {.host = url.host(), .path = url.path(), .isSecure = true}, setCookie, *given_);
}

std::optional<std::int64_t> tokenExpiry(vault::Vault& vault, const vault::Key& key) {
    if (key.site != "mubi") return std::nullopt;
    auto session = sessionAt(vault, key);
    return session ? session->expiresAtMs : std::nullopt;
}

}  // namespace auricle::capture
