// What the vault must know of a site to keep only the cookies that it needs. Filled in by the rooms above.
#pragma once

#include <string>
#include <vector>

namespace auricle::vault {

struct SiteRules {
    std::string site;                  ///< "panopto"
    std::vector<std::string> login;    ///< a session is there when at least one of these is (".ASPXAUTH")
    std::vector<std::string> helpful;  ///< kept beside them, not needed ("csrfToken")
};

}  // namespace auricle::vault
