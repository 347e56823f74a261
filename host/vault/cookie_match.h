// Which cookies go with a request, and in what order: RFC 6265bis section 5.8.3.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "vault/cookie.h"
#include "vault/place.h"
#include "vault/secret.h"

namespace auricle::vault {

/// Both canonical. Equal, or `host` is a name below `domain` (section 5.1.3).
bool domainMatches(std::string_view host, std::string_view domain);
/// `/a` matches `/a` and `/a/b`, not `/ab` (section 5.1.4).
bool pathMatches(std::string_view requestPath, std::string_view cookiePath);
/// The cookie goes to this host, whatever path and scheme are asked there.
bool isSentTo(const Cookie& cookie, std::string_view host);
/// The path of a cookie that was set without one (section 5.1.4).
std::string_view defaultPath(std::string_view requestPath);

/// The cookies of one partition that go to this place, longer paths first, then the earlier created ones.
std::vector<const Cookie*> matchCookies(std::span<const Cookie> cookies, std::string_view partition,
                                        const Place& place, std::int64_t nowMs);

/// `a=1; b=2`, at most 150 cookies and 8190 bytes, which is what servers take; a cookie that does not fit is
/// left out.
Secret cookieHeaderOf(std::span<const Cookie* const> cookies);

}  // namespace auricle::vault
