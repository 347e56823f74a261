// Which of the cookies that were handed in are kept, why the others are not, and whether they are a session.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/cookie.h"
#include "vault/opened_put.h"
#include "vault/site_rules.h"

namespace auricle::vault {

struct Dropped {
    std::string name, why;  ///< the name cut to what can be read; why in words that hold no value
};

struct Admission {
    std::vector<Cookie> kept{};
    std::vector<Dropped> dropped{};
    std::vector<AnyOf> missing{};  ///< of SiteRules::login; empty: a session is there
};

/// Judges each cookie by the site's names and domains and by RFC 6265bis (acceptCookie). `nowMs` is Unix
/// time. `put` gives up its cookies.
Admission admit(OpenedCookies& put, const SiteRules& rules, std::int64_t nowMs);

/// A cookie that belongs to the site at `originHost`: one a browser sends there, or one of the site's
/// domains. Else why not, as acceptCookie says it.
std::expected<Cookie, std::string> acceptForSite(Cookie offered, const SiteRules& rules,
                                                 std::string_view originHost, std::int64_t nowMs);

/// Puts a cookie among others: it takes the place of the same earlier one, and with it its time of creation
/// (RFC 6265bis section 5.7). False, and nothing is changed, where there are as many as a browser keeps for a
/// domain.
bool store(std::vector<Cookie>& cookies, Cookie cookie);

/// The partition that requests to `originHost` take their cookies from: the first that holds a whole session
/// which has not expired, else the unpartitioned one. One for all requests of a session, whatever their
/// paths: its cookies belong together.
std::string choosePartition(const std::vector<Cookie>& cookies, const SiteRules& rules,
                            std::string_view originHost, std::int64_t nowMs);

/// What a partition lacks to be a session at `originHost`.
std::vector<AnyOf> missingLogin(const std::vector<Cookie>& cookies, std::string_view partition,
                                const SiteRules& rules, std::string_view originHost, std::int64_t nowMs);

}  // namespace auricle::vault
