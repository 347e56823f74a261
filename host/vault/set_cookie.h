// A Set-Cookie header taken apart: RFC 6265bis section 5.6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vault/cookie.h"
#include "vault/place.h"

namespace auricle::vault {

/// The cookie that the header sets, or, when it has expired, removes; not yet judged by acceptCookie. Nothing
/// where the header is to be ignored: a control octet in it, a domain or a Secure that this place may not
/// set. Max-Age wins over Expires; an expiry more than 400 days away is brought down to that.
std::optional<Cookie> parseSetCookie(std::string_view header, const Place& place, std::int64_t nowMs);
/// The cookie-name of the header without reading on: what is not kept need not be parsed.
std::string_view nameOfSetCookie(std::string_view header);

/// Unix time, ms, of a cookie-date in any of its historic forms (section 5.1.1); nothing if it is none.
std::optional<std::int64_t> msOfCookieDate(std::string_view text);

}  // namespace auricle::vault
