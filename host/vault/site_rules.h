// What the vault must know of a site to keep only the cookies that it needs. Filled in by the rooms above.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace auricle::vault {

/// Names of which any one will do.
using AnyOf = std::vector<std::string>;

struct SiteRules {
    std::string site;                    ///< "panopto"
    std::vector<AnyOf> login;            ///< a session is there when of each of these there is one
    std::vector<std::string> helpful{};  ///< kept beside them, not needed ("csrfToken")
    /// Hosts of the site: cookies of these and of names below them are kept beside those which a browser
    /// sends to the origin. Canonical; empty: only the latter.
    std::vector<std::string> domains{};
};

bool isLoginName(const SiteRules& rules, std::string_view name);
bool isNeeded(const SiteRules& rules, std::string_view name);
/// `domain` is canonical.
bool isOfSite(const SiteRules& rules, std::string_view domain);
/// "LOGIN_INFO and one of SAPISID, __Secure-1PAPISID".
std::string describeLogin(const std::vector<AnyOf>& login);

}  // namespace auricle::vault
