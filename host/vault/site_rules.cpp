#include "vault/site_rules.h"

#include <algorithm>

#include "vault/cookie_match.h"

namespace auricle::vault {
namespace {

std::string described(const AnyOf& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return names.size() > 1 ? "one of " + text : text;
}

}  // namespace

bool isLoginName(const SiteRules& rules, std::string_view name) {
    return std::ranges::any_of(
        rules.login, [&](const AnyOf& names) { return std::ranges::find(names, name) != names.end(); });
}

bool isNeeded(const SiteRules& rules, std::string_view name) {
    return isLoginName(rules, name) || std::ranges::find(rules.helpful, name) != rules.helpful.end();
}

bool isOfSite(const SiteRules& rules, std::string_view domain) {
    return std::ranges::any_of(rules.domains,
                               [&](const std::string& host) { return domainMatches(domain, host); });
}

std::string describeLogin(const std::vector<AnyOf>& login) {
    std::string text;
    for (const AnyOf& names : login) text += (text.empty() ? "" : " and ") + described(names);
    return text;
}

}  // namespace auricle::vault
