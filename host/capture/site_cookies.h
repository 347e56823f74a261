// Which cookies each site needs: the table by which the vault keeps some and drops the rest.
#pragma once

#include <vector>

#include "vault/site_rules.h"

namespace auricle::capture {

/// Of every site that takes cookies, whether it may be used or not.
std::vector<vault::SiteRules> siteCookies();

}  // namespace auricle::capture
