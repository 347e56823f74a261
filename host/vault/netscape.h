// A Netscape cookie file, as browsers' exporters, curl and yt-dlp write it: for the day on which no extension
// can hand in the cookies.
#pragma once

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

}  // namespace auricle::vault
