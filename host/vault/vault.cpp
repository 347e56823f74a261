#include "vault/vault.h"

#include <algorithm>
#include <variant>

#include "system/boot_clock.h"
#include "vault/cookie.h"
#include "vault/cookie_match.h"
#include "vault/fingerprint.h"
#include "vault/netscape.h"
#include "vault/origin.h"
#include "vault/set_cookie.h"

namespace auricle::vault {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Previous {
    Generation generation;
    steady_clock::time_point heldUntil;
};

struct Entry {
    Generation active;
    std::optional<Previous> previous{};

    Generation* find(std::uint64_t number) {
        if (active.number == number) return &active;
        return previous && previous->generation.number == number ? &previous->generation : nullptr;
    }
};

std::string listed(const std::vector<SiteRules>& rules) {
    std::string text;
    for (const SiteRules& one : rules) text += (text.empty() ? "" : ", ") + one.site;
    return text;
}

Error cookiesMissing(const OpenedCookies& put, const SiteRules& rules, const Admission& admission) {
    std::string message = "No cookie of a signed-in session was found for " + put.origin + " (looked for " +
                          describeLogin(rules.login);
    if (admission.missing.size() < rules.login.size())
        message += "; missing is " + describeLogin(admission.missing);
    for (const Dropped& one : admission.dropped) {
        if (isLoginName(rules, one.name)) message += "; " + one.name + " was dropped: " + one.why;
    }
    return {.kind = Kind::cookies_missing,
            .message = message + "). Sign in there in the browser, then try again."};
}

// Enough to tell a few contents apart, too little to find one by trying.
std::string shortPrint(const FingerprintBytes& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto byte = std::to_integer<unsigned>(bytes[i]);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string described(const PutOutcome& outcome) {
    if (!outcome.isChanged) return "identical";
    std::string text =
        "generation " + std::to_string(outcome.generation) + ", kept " + std::to_string(outcome.kept);
    if (!outcome.dropped.empty()) text += ", dropped " + std::to_string(outcome.dropped.size());
    return text + ", content " + outcome.print;
}

}  // namespace

struct Vault::State {
    std::vector<SiteRules> rules;
    Clocks clocks;
    VaultLimits limits;
    std::map<Key, Entry> entries{};
    std::uint64_t lastNumber = 0;
    Secret fingerprintKey{};
    bool hasHeld = false;   ///< since it was last told
    bool hasWiped = false;  ///< since it was last told

    std::int64_t wallMs() const {
        return duration_cast<milliseconds>(clocks.wall().time_since_epoch()).count();
    }
    std::int64_t monotonicMs() const {
        return duration_cast<milliseconds>(clocks.monotonic().time_since_epoch()).count();
    }
    std::int64_t aheadMs() const { return wallMs() - monotonicMs(); }
    /// In that generation's own time.
    std::int64_t nowMs(const Generation& generation) const { return monotonicMs() + generation.aheadMs; }

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
    void take(PutOutcome& outcome, Generation next);
    void hold(Entry& entry);
    void dropPrevious(Entry& entry);
    Result<const SiteRules*> knownRules(const std::string& site) const;
    Outlook outlookOf(const Key& key, const Generation& generation) const;
    EntryStatus statusOf(const Key& key, const Generation& generation, std::string_view slot) const;
    void use(Generation& generation) {
        ++generation.uses;
        generation.lastUsedAtMs = nowMs(generation);
    }
};

Result<const SiteRules*> Vault::State::knownRules(const std::string& site) const {
    if (const SiteRules* found = rulesOf(site)) return found;
    return std::unexpected(Error{.kind = Kind::bad_params,
                                 .message = "No such site takes cookies. These do: " + listed(rules) + ".",
                                 .path = "/site"});
}

Result<PutOutcome> Vault::State::put(OpenedCookies put) {
    const auto site = knownRules(put.site);
    if (!site) return std::unexpected(site.error());
    Admission admission = admit(put, **site, wallMs());
    if (!admission.missing.empty()) return std::unexpected(cookiesMissing(put, **site, admission));
    PutOutcome outcome{.key = {put.site, put.origin, put.store},
                       .kept = admission.kept.size(),
                       .dropped = std::move(admission.dropped)};
    const FingerprintBytes fingerprint = fingerprintOf(admission.kept, key());
    take(outcome, {.fingerprint = fingerprint, .cookies = std::move(admission.kept)});
    return outcome;
}

Result<PutOutcome> Vault::State::put(OpenedBearer put) {
    PutOutcome outcome{.key = {"", put.origin, ""}, .isBearer = true, .kept = 1};
    Fingerprint fingerprint(key());
    fingerprint.add(put.token.reveal());
    take(outcome, {.fingerprint = fingerprint.finish(),
                   .token = std::move(put.token),
                   .tokenExpiresAtMs = put.expiresAtMs});
    return outcome;
}

// `next` becomes the active generation, unless it is the same as that one.
void Vault::State::take(PutOutcome& outcome, Generation next) {
    Entry& entry = entries[outcome.key];
    outcome.isChanged = entry.active.number == 0 || entry.active.fingerprint != next.fingerprint;
    outcome.print = shortPrint(next.fingerprint);
    if (outcome.isChanged) {
        next.number = ++lastNumber;
        next.aheadMs = aheadMs();
        if (entry.active.number != 0) hold(entry);
        entry.active = std::move(next);
    } else {
        entry.active.moveTo(aheadMs());
        prolong(entry.active.cookies, next.cookies);
        entry.active.tokenExpiresAtMs = next.tokenExpiresAtMs;
    }
    entry.active.putAtMs = nowMs(entry.active);
    outcome.generation = entry.active.number;
    outcome.expiresAtMs = outlookOf(outcome.key, entry.active).expiresAtMs;
}

void Vault::State::hold(Entry& entry) {
    dropPrevious(entry);
    if (entry.active.hasServedAsFallback || limits.hold.count() == 0) {
        hasWiped = true;
        return;
    }
    entry.previous = Previous{std::move(entry.active), clocks.monotonic() + limits.hold};
    hasHeld = true;
}

void Vault::State::dropPrevious(Entry& entry) {
    if (!entry.previous) return;
    entry.previous.reset();
    hasWiped = true;
}

Outlook Vault::State::outlookOf(const Key& key, const Generation& generation) const {
    const SiteRules* siteRules = rulesOf(key.site);
    const std::int64_t nowMs = this->nowMs(generation);
    return siteRules ? outlookOfCookies(generation, *siteRules, hostOf(key.origin), nowMs)
                     : outlookOfBearer(generation, nowMs);
}

EntryStatus Vault::State::statusOf(const Key& key, const Generation& generation,
                                   std::string_view slot) const {
    const Outlook outlook = outlookOf(key, generation);
    return {.kind = key.site.empty() ? "bearer" : "cookies",
            .key = key,
            .slot = std::string(slot),
            .generation = generation.number,
            .count = key.site.empty() ? 1 : generation.cookies.size(),
            .freshness = std::string(freshnessOf(generation, outlook, limits.freshness, nowMs(generation))),
            .expiresAtMs = outlook.expiresAtMs,
            .putAtMs = generation.putAtMs,
            .lastUsedAtMs = generation.lastUsedAtMs,
            .uses = generation.uses};
}

Vault::Clocks Vault::realClocks() {
    return {.monotonic = bootTime, .wall = std::chrono::system_clock::now};
}

Vault::Vault(std::vector<SiteRules> rules, Clocks clocks, VaultLimits limits)
    : state_(std::make_unique<State>(
          State{.rules = std::move(rules), .clocks = std::move(clocks), .limits = limits})) {}

Vault::~Vault() = default;

void Vault::tell(const Key& key, std::string event, std::string outcome, std::string capture) const {
    if (!onEvent_) return;
    const AuditEvent audited{.event = std::move(event),
                             .site = key.site,
                             .origin = key.origin,
                             .capture = std::move(capture),
                             .outcome = std::move(outcome)};
    onEvent_(audited);
}

void Vault::wiped() const {
    if (std::exchange(state_->hasWiped, false) && onWiped_) onWiped_();
}

Result<PutOutcome> Vault::told(Result<PutOutcome> outcome) {
    wiped();
    if (std::exchange(state_->hasHeld, false) && onHeld_) onHeld_();
    if (!outcome) return outcome;
    tell(outcome->key, "put", described(*outcome));
    if (outcome->isChanged && onPut_) onPut_(*outcome);
    return outcome;
}

Result<PutOutcome> Vault::put(const Secret& opened) {
    auto read = readPut(opened);
    if (!read) return std::unexpected(read.error());
    if (auto* cookies = std::get_if<OpenedCookies>(&*read)) return put(std::move(*cookies));
    return put(std::move(std::get<OpenedBearer>(*read)));
}

Result<PutOutcome> Vault::put(OpenedCookies opened) {
    const Key key{opened.site, opened.origin, opened.store};
    auto outcome = state_->put(std::move(opened));
    if (!outcome && outcome.error().kind == Kind::cookies_missing)
        tell(key, "refused", std::string(word(outcome.error().kind)));
    return told(std::move(outcome));
}

Result<PutOutcome> Vault::put(OpenedBearer opened) {
    return told(state_->put(std::move(opened)));
}

std::vector<EntryStatus> Vault::status() const {
    std::vector<EntryStatus> all;
    for (const auto& [key, entry] : state_->entries) {
        all.push_back(state_->statusOf(key, entry.active, "active"));
        if (entry.previous) all.push_back(state_->statusOf(key, entry.previous->generation, "previous"));
    }
    return all;
}

std::optional<EntryStatus> Vault::status(const Key& key) const {
    const Entry* entry = state_->find(key);
    if (!entry) return std::nullopt;
    return state_->statusOf(key, entry->active, "active");
}

std::size_t Vault::forget(std::optional<std::string_view> site, std::optional<std::string_view> origin) {
    std::vector<Key> forgotten;
    std::erase_if(state_->entries, [&](const auto& item) {
        const bool isMeant = (!site || item.first.site == *site) && (!origin || item.first.origin == *origin);
        if (isMeant) forgotten.push_back(item.first);
        return isMeant;
    });
    if (!forgotten.empty() && onForgotten_) onForgotten_();
    for (const Key& key : forgotten) tell(key, "forgotten", "wiped");
    return forgotten.size();
}

std::optional<std::uint64_t> Vault::generation(const Key& key) const {
    const Entry* entry = state_->find(key);
    if (!entry) return std::nullopt;
    return entry->active.number;
}

void Vault::proved(const Key& key, std::uint64_t generation) {
    Entry* entry = state_->find(key);
    if (!entry || entry->active.number != generation) return;
    const bool isFirst = !entry->active.lastGoodAtMs;
    entry->active.lastGoodAtMs = state_->nowMs(entry->active);
    state_->dropPrevious(*entry);
    wiped();
    if (isFirst) tell(key, "proved", "generation " + std::to_string(generation));
}

bool Vault::fallBack(const Key& key) {
    wipeOverdue();
    Entry* entry = state_->find(key);
    if (!entry || !entry->previous) return false;
    entry->active = std::move(entry->previous->generation);
    entry->active.hasServedAsFallback = true;
    entry->previous.reset();
    state_->hasWiped = true;
    wiped();
    tell(key, "fallback", "generation " + std::to_string(entry->active.number));
    return true;
}

std::optional<milliseconds> Vault::wipeOverdue() {
    const auto now = state_->clocks.monotonic();
    std::optional<milliseconds> next;
    for (auto& [key, entry] : state_->entries) {
        if (!entry.previous) continue;
        if (entry.previous->heldUntil <= now) {
            tell(key, "wiped", "generation " + std::to_string(entry.previous->generation.number));
            state_->dropPrevious(entry);
        } else {
            const auto left = std::chrono::ceil<milliseconds>(entry.previous->heldUntil - now);
            next = std::min(next.value_or(left), left);
        }
    }
    wiped();
    return next;
}

Secret Vault::cookieHeader(const Key& key, const Place& place) {
    Entry* entry = state_->find(key);
    const SiteRules* rules = state_->rulesOf(key.site);
    if (!entry || !rules) return {};
    Generation& active = entry->active;
    const std::int64_t nowMs = state_->nowMs(active);
    const std::string partition = choosePartition(active.cookies, *rules, hostOf(key.origin), nowMs);
    Secret header = cookieHeaderOf(matchCookies(active.cookies, partition, place, nowMs));
    if (!header.empty()) state_->use(active);
    return header;
}

Secret Vault::cookieFile(const Key& key) {
    Entry* entry = state_->find(key);
    const SiteRules* rules = state_->rulesOf(key.site);
    if (!entry || !rules) return {};
    Generation& active = entry->active;
    const auto host = hostOf(key.origin);
    const std::int64_t nowMs = state_->nowMs(active);
    const std::string partition = choosePartition(active.cookies, *rules, host, nowMs);
    std::vector<const Cookie*> cookies;
    for (const Cookie& cookie : active.cookies) {
        const bool belongs = cookie.partition == partition && isSentTo(cookie, host);
        if (belongs && !hasExpired(cookie, nowMs)) cookies.push_back(&cookie);
    }
    Secret file = writeNetscape(cookies);
    if (!file.empty()) state_->use(active);
    return file;
}

Secret Vault::bearer(std::string_view origin) {
    Entry* entry = state_->find({"", std::string(origin), ""});
    if (!entry) return {};
    state_->use(entry->active);
    return entry->active.token.duplicate();
}

void Vault::tellUse(const Key& key, const std::string& capture) {
    if (const auto number = generation(key))
        tell(key, "used", "generation " + std::to_string(*number), capture);
}

void Vault::received(const Key& key, const Place& place, std::string_view setCookie,
                     std::uint64_t generation) {
    Entry* entry = state_->find(key);
    const SiteRules* rules = state_->rulesOf(key.site);
    Generation* used = entry ? entry->find(generation) : nullptr;
    if (!used || !rules || !place.isSecure || !isNeeded(*rules, nameOfSetCookie(setCookie))) return;
    const std::int64_t wallMs = state_->wallMs(), nowMs = state_->nowMs(*used);
    auto set = parseSetCookie(setCookie, place, wallMs);
    if (!set) return;
    const bool isRemoval = hasExpired(*set, wallMs);
    if (isRemoval) set->expiresAtMs.reset();
    if (set->expiresAtMs) *set->expiresAtMs += nowMs - wallMs;
    auto accepted = acceptCookie(std::move(*set), place.host, nowMs);
    const std::string_view home = hostOf(key.origin);
    if (!accepted || !(isSentTo(*accepted, home) || isOfSite(*rules, accepted->domain))) return;
    accepted->partition = choosePartition(used->cookies, *rules, home, nowMs);
    const std::string name = accepted->name;
    if (isRemoval) {
        std::erase_if(used->cookies, [&](const Cookie& cookie) { return isSameCookie(cookie, *accepted); });
    } else {
        store(used->cookies, std::move(*accepted));
    }
    tell(key, isRemoval ? "removed" : "updated", name + " by the site");
}

}  // namespace auricle::vault
