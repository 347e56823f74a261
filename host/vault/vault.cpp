#include "vault/vault.h"

#include <algorithm>
#include <variant>

#include "vault/cookie.h"
#include "vault/cookie_match.h"
#include "vault/fingerprint.h"
#include "vault/opened_put.h"
#include "vault/origin.h"
#include "vault/set_cookie.h"

namespace auricle::vault {
namespace {

constexpr std::int64_t kStaleBeforeExpiryMs = 10 * 60'000;
constexpr std::int64_t kFreshAfterUseMs = 30 * 60'000;
constexpr std::size_t kMaxCookiesOfEntry = 180;  // what browsers keep for one domain
constexpr std::size_t kMaxReportedNameBytes = 64;

struct Entry {
    std::uint64_t generation = 0;
    FingerprintBytes fingerprint{};
    std::vector<Cookie> cookies{};  ///< empty for a bearer
    Secret token{};                 ///< empty for cookies
    std::optional<std::int64_t> tokenExpiresAtMs{};
    std::int64_t putAtMs = 0;
    std::optional<std::int64_t> lastUsedAtMs{};
    std::uint64_t uses = 0;
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool isNeeded(const SiteRules& rules, std::string_view name) {
    return contains(rules.login, name) || contains(rules.helpful, name);
}

bool isLiveLogin(const Cookie& cookie, const SiteRules& rules, std::int64_t nowMs) {
    return contains(rules.login, cookie.name) && !hasExpired(cookie, nowMs);
}

// One partition for all requests of a session, whatever their paths: its cookies belong together.
std::string choosePartition(const Entry& entry, const SiteRules& rules, std::int64_t nowMs) {
    for (const Cookie& cookie : entry.cookies) {
        if (!cookie.partition.empty() && isLiveLogin(cookie, rules, nowMs)) return cookie.partition;
    }
    return {};
}

struct Outlook {
    bool isLive = false;
    std::optional<std::int64_t> expiresAtMs;  ///< the earliest
};

Outlook outlookOfCookies(const Entry& entry, const SiteRules& rules, std::int64_t nowMs) {
    const std::string partition = choosePartition(entry, rules, nowMs);
    Outlook outlook;
    for (const Cookie& cookie : entry.cookies) {
        if (cookie.partition != partition || !isLiveLogin(cookie, rules, nowMs)) continue;
        outlook.isLive = true;
        if (!cookie.expiresAtMs) continue;
        outlook.expiresAtMs =
            std::min(outlook.expiresAtMs.value_or(*cookie.expiresAtMs), *cookie.expiresAtMs);
    }
    return outlook;
}

Outlook outlookOfBearer(const Entry& entry, std::int64_t nowMs) {
    return {!entry.tokenExpiresAtMs || *entry.tokenExpiresAtMs > nowMs, entry.tokenExpiresAtMs};
}

std::string_view freshnessOf(const Entry& entry, const Outlook& outlook, std::int64_t nowMs) {
    if (!outlook.isLive) return "expired";
    if (outlook.expiresAtMs) return *outlook.expiresAtMs - nowMs <= kStaleBeforeExpiryMs ? "stale" : "fresh";
    if (!entry.lastUsedAtMs) return "unknown";
    return nowMs - *entry.lastUsedAtMs <= kFreshAfterUseMs ? "fresh" : "stale";
}

// A name that was dropped is anybody's text: it is cut, between characters, to what a person can read.
std::string reportedName(const std::string& name) {
    const bool isReadable =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (name.empty() || !isReadable) return "(unreadable)";
    if (name.size() <= kMaxReportedNameBytes) return name;
    std::size_t end = kMaxReportedNameBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    return name.substr(0, end) + "…";
}

// A later cookie takes the place of the same earlier one, and with it its time of creation (RFC 6265bis
// section 5.7). False: there are too many already.
bool store(std::vector<Cookie>& cookies, Cookie cookie) {
    const auto same =
        std::ranges::find_if(cookies, [&](const Cookie& other) { return isSameCookie(other, cookie); });
    if (same != cookies.end()) {
        cookie.created = same->created;
        *same = std::move(cookie);
        return true;
    }
    if (cookies.size() == kMaxCookiesOfEntry) return false;
    cookie.created = cookies.empty() ? 1 : cookies.back().created + 1;
    cookies.push_back(std::move(cookie));
    return true;
}

struct Sorted {
    std::vector<Cookie> kept;
    std::vector<Dropped> dropped;
};

std::optional<std::string> whyNotAsked(const OfferedCookie& offered, const SiteRules& rules,
                                       const std::string& store) {
    if (!isNeeded(rules, offered.cookie.name)) return "not needed by " + rules.site;
    if (!store.empty() && !offered.store.empty() && offered.store != store)
        return "belongs to another cookie store";
    return std::nullopt;
}

Sorted sortCookies(OpenedCookies& put, const SiteRules& rules, std::int64_t nowMs) {
    Sorted sorted;
    for (OfferedCookie& offered : put.cookies) {
        std::string name = reportedName(offered.cookie.name);
        if (auto why = whyNotAsked(offered, rules, put.store)) {
            sorted.dropped.push_back({std::move(name), std::move(*why)});
            continue;
        }
        auto accepted = acceptCookie(std::move(offered.cookie), hostOf(put.origin), nowMs);
        if (!accepted) {
            sorted.dropped.push_back({std::move(name), std::move(accepted.error())});
        } else if (!store(sorted.kept, std::move(*accepted))) {
            sorted.dropped.push_back({std::move(name), "more than a site can have"});
        }
    }
    return sorted;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

Error cookiesMissing(const OpenedCookies& put, const SiteRules& rules, const std::vector<Dropped>& dropped) {
    std::string message = "No cookie of a signed-in session was found for " + put.origin + " (looked for " +
                          listed(rules.login);
    for (const Dropped& one : dropped) {
        if (contains(rules.login, one.name)) message += "; " + one.name + " was dropped: " + one.why;
    }
    return {.kind = Kind::cookies_missing,
            .message = message + "). Sign in there in the browser, then try again."};
}

// Expiry is left out: the same session, prolonged, is still the same session.
FingerprintBytes fingerprintOf(const std::vector<Cookie>& cookies, const Secret& key) {
    std::vector<const Cookie*> ordered;
    for (const Cookie& cookie : cookies) ordered.push_back(&cookie);
    const auto identity = [](const Cookie* c) {
        return std::tie(c->partition, c->domain, c->path, c->name, c->isHostOnly);
    };
    std::ranges::sort(ordered, {}, identity);
    Fingerprint fingerprint(key);
    for (const Cookie* cookie : ordered) {
        for (const std::string* field : {&cookie->partition, &cookie->domain, &cookie->path, &cookie->name}) {
            fingerprint.add(*field);
        }
        fingerprint.add(cookie->isHostOnly ? "host" : "domain");
        fingerprint.add(cookie->isSecure ? "secure" : "any");
        fingerprint.add(cookie->value.reveal());
    }
    return fingerprint.finish();
}

// The browser may have prolonged a session whose value stays.
void prolong(std::vector<Cookie>& cookies, const std::vector<Cookie>& again) {
    for (Cookie& cookie : cookies) {
        const auto same = std::ranges::find_if(again, [&](const Cookie& other) {
            return isSameCookie(other, cookie) && other.value.sameAs(cookie.value);
        });
        if (same != again.end()) cookie.expiresAtMs = same->expiresAtMs;
    }
}

}  // namespace

struct Vault::State {
    std::vector<SiteRules> rules;
    Clock now;
    std::map<Key, Entry> entries{};
    std::uint64_t lastGeneration = 0;
    Secret fingerprintKey{};

    std::int64_t nowMs() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
    }
    const SiteRules* rulesOf(std::string_view site) const {
        const auto found = std::ranges::find(rules, site, &SiteRules::site);
        return found == rules.end() ? nullptr : &*found;
    }
    Entry* find(const Key& key) {
        const auto found = entries.find(key);
        return found == entries.end() ? nullptr : &found->second;
    }
    // Made when it is first needed: at start nobody waits for OpenSSL.
    const Secret& key() {
        if (fingerprintKey.empty()) fingerprintKey = Fingerprint::makeKey();
        return fingerprintKey;
    }

    Result<PutOutcome> put(OpenedCookies put);
    Result<PutOutcome> put(OpenedBearer put);
    Result<const SiteRules*> knownRules(const std::string& site) const;
    Outlook outlookOf(const Key& key, const Entry& entry) const;
    EntryStatus statusOf(const Key& key, const Entry& entry) const;
    void use(Entry& entry) {
        ++entry.uses;
        entry.lastUsedAtMs = nowMs();
    }
};

Result<const SiteRules*> Vault::State::knownRules(const std::string& site) const {
    if (const SiteRules* found = rulesOf(site)) return found;
    std::vector<std::string> names;
    for (const SiteRules& one : rules) names.push_back(one.site);
    return std::unexpected(Error{.kind = Kind::bad_params,
                                 .message = "No such site takes cookies. These do: " + listed(names) + ".",
                                 .path = "/site"});
}

Result<PutOutcome> Vault::State::put(OpenedCookies put) {
    const auto site = knownRules(put.site);
    if (!site) return std::unexpected(site.error());
    const SiteRules& siteRules = **site;
    auto [kept, dropped] = sortCookies(put, siteRules, nowMs());
    const bool hasLogin =
        std::ranges::any_of(kept, [&](const Cookie& c) { return contains(siteRules.login, c.name); });
    if (!hasLogin) return std::unexpected(cookiesMissing(put, siteRules, dropped));
    PutOutcome outcome{
        .key = {put.site, put.origin, put.store}, .kept = kept.size(), .dropped = std::move(dropped)};
    const FingerprintBytes fingerprint = fingerprintOf(kept, key());
    Entry& entry = entries[outcome.key];
    outcome.isChanged = entry.generation == 0 || entry.fingerprint != fingerprint;
    if (outcome.isChanged) {
        entry = Entry{.generation = ++lastGeneration, .fingerprint = fingerprint, .cookies = std::move(kept)};
    } else {
        prolong(entry.cookies, kept);
    }
    entry.putAtMs = nowMs();
    outcome.generation = entry.generation;
    outcome.expiresAtMs = outlookOf(outcome.key, entry).expiresAtMs;
    return outcome;
}

Result<PutOutcome> Vault::State::put(OpenedBearer put) {
    PutOutcome outcome{
        .key = {"", put.origin, ""}, .isBearer = true, .kept = 1, .expiresAtMs = put.expiresAtMs};
    Fingerprint tokenPrint(key());
    tokenPrint.add(put.token.reveal());
    const FingerprintBytes fingerprint = tokenPrint.finish();
    Entry& entry = entries[outcome.key];
    outcome.isChanged = entry.generation == 0 || entry.fingerprint != fingerprint;
    if (outcome.isChanged) {
        entry =
            Entry{.generation = ++lastGeneration, .fingerprint = fingerprint, .token = std::move(put.token)};
    }
    entry.tokenExpiresAtMs = put.expiresAtMs;
    entry.putAtMs = nowMs();
    outcome.generation = entry.generation;
    return outcome;
}

Outlook Vault::State::outlookOf(const Key& key, const Entry& entry) const {
    const SiteRules* siteRules = rulesOf(key.site);
    return siteRules ? outlookOfCookies(entry, *siteRules, nowMs()) : outlookOfBearer(entry, nowMs());
}

EntryStatus Vault::State::statusOf(const Key& key, const Entry& entry) const {
    const Outlook outlook = outlookOf(key, entry);
    return {.kind = key.site.empty() ? "bearer" : "cookies",
            .key = key,
            .generation = entry.generation,
            .count = key.site.empty() ? 1 : entry.cookies.size(),
            .freshness = std::string(freshnessOf(entry, outlook, nowMs())),
            .expiresAtMs = outlook.expiresAtMs,
            .putAtMs = entry.putAtMs,
            .lastUsedAtMs = entry.lastUsedAtMs,
            .uses = entry.uses};
}

Vault::Vault(std::vector<SiteRules> rules, Clock now)
    : state_(std::make_unique<State>(State{.rules = std::move(rules), .now = std::move(now)})) {}

Vault::~Vault() = default;

Result<PutOutcome> Vault::put(const Secret& opened) {
    auto read = readPut(opened);
    if (!read) return std::unexpected(read.error());
    auto outcome = std::visit([this](auto& put) { return state_->put(std::move(put)); }, *read);
    if (outcome && outcome->isChanged && onPut_) onPut_(*outcome);
    return outcome;
}

Result<PutOutcome> Vault::put(OpenedCookies opened) {
    auto outcome = state_->put(std::move(opened));
    if (outcome && outcome->isChanged && onPut_) onPut_(*outcome);
    return outcome;
}

Result<PutOutcome> Vault::put(OpenedBearer opened) {
    auto outcome = state_->put(std::move(opened));
    if (outcome && outcome->isChanged && onPut_) onPut_(*outcome);
    return outcome;
}

std::vector<EntryStatus> Vault::status() const {
    std::vector<EntryStatus> all;
    for (const auto& [key, entry] : state_->entries) all.push_back(state_->statusOf(key, entry));
    return all;
}

std::size_t Vault::forget(std::optional<std::string_view> site, std::optional<std::string_view> origin) {
    auto forgotten = std::erase_if(state_->entries, [&](const auto& item) {
        return (!site || item.first.site == *site) && (!origin || item.first.origin == *origin);
    });
    if (forgotten > 0 && onForget_) onForget_();
    return forgotten;
}

std::optional<std::uint64_t> Vault::generation(const Key& key) const {
    const Entry* entry = state_->find(key);
    if (!entry) return std::nullopt;
    return entry->generation;
}

Secret Vault::cookieHeader(const Key& key, const Place& place) {
    Entry* entry = state_->find(key);
    const SiteRules* rules = state_->rulesOf(key.site);
    if (!entry || !rules) return {};
    const std::int64_t nowMs = state_->nowMs();
    Secret header =
        cookieHeaderOf(matchCookies(entry->cookies, choosePartition(*entry, *rules, nowMs), place, nowMs));
    if (!header.empty()) state_->use(*entry);
    return header;
}

Secret Vault::bearer(std::string_view origin) {
    Entry* entry = state_->find({"", std::string(origin), ""});
    if (!entry) return {};
    state_->use(*entry);
    return entry->token.duplicate();
}

void Vault::received(const Key& key, const Place& place, std::string_view setCookie) {
    Entry* entry = state_->find(key);
    const SiteRules* rules = state_->rulesOf(key.site);
    if (!entry || !rules || !place.isSecure || !isNeeded(*rules, nameOfSetCookie(setCookie))) return;
    const std::int64_t nowMs = state_->nowMs();
    auto set = parseSetCookie(setCookie, place, nowMs);
    if (!set) return;
    const bool isRemoval = hasExpired(*set, nowMs);
    if (isRemoval) set->expiresAtMs.reset();
    auto accepted = acceptCookie(std::move(*set), place.host, nowMs);
    const std::string_view home = hostOf(key.origin);
    if (!accepted ||
        !(accepted->isHostOnly ? accepted->domain == home : domainMatches(home, accepted->domain)))
        return;
    accepted->partition = choosePartition(*entry, *rules, nowMs);
    if (isRemoval) {
        std::erase_if(entry->cookies, [&](const Cookie& cookie) { return isSameCookie(cookie, *accepted); });
    } else {
        store(entry->cookies, std::move(*accepted));
    }
}

}  // namespace auricle::vault
