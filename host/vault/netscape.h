// A Netscape cookie file, as browsers' exporters, curl and yt-dlp write it: for the day on which no extension
// can hand in the cookies.
#pragma once

#include <span>
#include <vector>

#include "system/error.h"
#include "vault/cookie.h"
#include "vault/secret.h"

namespace auricle::vault {

/// Seven fields between tabs: domain, whether it holds for names below it, path, secure, expiry in seconds
/// since 1970 (0: until the browser closes), name, value; six where the value is empty. `#HttpOnly_` before a
/// domain is no comment. What a field holds is not judged here. Fails with bad_params, which names the line
/// and never quotes one.
Result<std::vector<OfferedCookie>> readNetscape(const Secret& file);

/// Such a file of these cookies, as curl and Python's http.cookiejar (yt-dlp) both read it: a domain begins
/// with a dot where names below it have the cookie too. One that holds a tab cannot be written and is left
/// out. Empty where none is left.
Secret writeNetscape(std::span<const Cookie* const> cookies);

}  // namespace auricle::vault
