// The secrets of this process: cookies by site, origin and store, and bearer tokens by origin. Nothing of it
// is ever stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/error.h"
#include "vault/admission.h"
#include "vault/audit_event.h"
#include "vault/generation.h"
#include "vault/opened_put.h"
#include "vault/place.h"
#include "vault/secret.h"
#include "vault/site_rules.h"

namespace auricle::vault {

/// Whose cookies: those of one site at one origin in one cookie store of the browser.
struct Key {
    std::string site;    ///< "panopto"; empty for a bearer
    std::string origin;  ///< "https://uni.hosted.panopto.com"
    std::string store;   ///< the browser's cookie store id; empty for a bearer
    auto operator<=>(const Key&) const = default;
};

struct PutOutcome {
    Key key;
    bool isBearer = false;
    std::size_t kept = 0;
    std::vector<Dropped> dropped{};
    std::uint64_t generation = 0;  ///< unchanged when the same secrets were put again
    bool isChanged = false;        ///< false: the same cookies again, which is no refresh
    std::string print{};  ///< tells this content from others in the audit, in this process alone (HMAC)
    std::optional<std::int64_t> expiresAtMs{};  ///< Unix time, ms: the earliest expiry of a needed cookie
};

struct EntryStatus {
    std::string kind;  ///< "cookies" or "bearer"
    Key key;
    std::string slot = "active";  ///< "active" or "previous"
    std::uint64_t generation = 0;
    std::size_t count = 0;
    /// "fresh", "stale", "expired" or "unknown" (vault/generation, freshnessOf).
    std::string freshness{};
    std::optional<std::int64_t> expiresAtMs{};
    std::int64_t putAtMs = 0;
    std::optional<std::int64_t> lastUsedAtMs{};
    std::uint64_t uses = 0;
};

struct VaultLimits {
    FreshnessLimits freshness{};
    std::chrono::milliseconds hold = std::chrono::minutes(5);  ///< of a previous generation
};

/// Two generations for each key: `active`, which every request uses, and `previous`, which was active before
/// and is held until the active one has had its first good answer (`VaultLimits::hold` at most), in case the
/// new one is no good. Ages are judged by the monotonic clock; the wall clock only says when, and how far
/// away an expiry is that comes in. Called on the loop.
class Vault {
  public:
    struct Clocks {
        std::function<std::chrono::steady_clock::time_point()> monotonic;
        std::function<std::chrono::system_clock::time_point()> wall;
    };
    /// The monotonic one goes on in sleep (system/boot_clock).
    static Clocks realClocks();

    Vault(std::vector<SiteRules> rules, Clocks clocks, VaultLimits limits = {});
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// Takes what a seal opened to: the JSON text of PROTOCOL's vault.put. Fails with bad_params (path from
    /// the sealed value's root) or cookies_missing when the session that the site needs is not among them;
    /// what was there before then stays. Never quotes a value. Whether they are the same cookies again is
    /// judged by what was put last, not by what answers have since set.
    Result<PutOutcome> put(const Secret& opened);
    /// The same for cookies that came from somewhere else.
    Result<PutOutcome> put(OpenedCookies opened);
    /// The same for a token that came from somewhere else.
    Result<PutOutcome> put(OpenedBearer opened);

    /// Every generation that is held, the active one of a key before its previous one.
    std::vector<EntryStatus> status() const;
    /// The active generation of a key, or nothing if there is none.
    std::optional<EntryStatus> status(const Key& key) const;
    /// Wipes the entries of a site, of an origin, of both, or all of them, both generations; gives the number
    /// of keys.
    std::size_t forget(std::optional<std::string_view> site, std::optional<std::string_view> origin);

    /// The number of the active generation, or nothing if there is none for this key.
    std::optional<std::uint64_t> generation(const Key& key) const;
    /// A request with this generation had a good answer: a previous one is wiped. Nothing happens where it is
    /// no longer the active one.
    void proved(const Key& key, std::uint64_t generation);
    /// The active generation is no good: it is wiped, and the previous one, with the number that it had,
    /// serves in its place; it will not be held a second time. False, and nothing has changed, where there is
    /// none.
    bool fallBack(const Key& key);
    /// Wipes each previous generation whose time is over. Gives how long to wait for the next; nothing where
    /// none is held.
    std::optional<std::chrono::milliseconds> wipeOverdue();

    /// The Cookie header's value for one request, RFC 6265bis order; empty when nothing matches. All of them
    /// are of one partition (choosePartition).
    Secret cookieHeader(const Key& key, const Place& place);
    /// The bearer token that belongs to this origin, or empty. An expired one is given too: the clock that
    /// counts is the server's.
    Secret bearer(std::string_view origin);
    /// What a site's answer to a request with that generation sets: updates or removes the cookie in it, if
    /// it is one that the site needs and the place may set it (RFC 6265bis section 5.7; an insecure place may
    /// set none). It goes into the partition that cookieHeader() takes from. The generation stays the same;
    /// one that is no longer held is left alone, and no other takes its cookies.
    void received(const Key& key, const Place& place, std::string_view setCookie, std::uint64_t generation);
    /// Tells the audit that this capture's requests use the active generation; once for each of the two.
    void tellUse(const Key& key, const std::string& capture);

    /// Called after every put that changed something.
    void onPut(std::function<void(const PutOutcome&)> callback) { onPut_ = std::move(callback); }
    /// Called after secrets were wiped: what else remembers them (a connection's tables) has to let go of
    /// them.
    void onWiped(std::function<void()> callback) { onWiped_ = std::move(callback); }
    /// Called after a previous generation began to be held: wipeOverdue() is to be called in time.
    void onHeld(std::function<void()> callback) { onHeld_ = std::move(callback); }
    /// Told of what happens to every secret, by name and number.
    void onEvent(Auditor auditor) { onEvent_ = std::move(auditor); }

  private:
    struct State;
    Result<PutOutcome> told(Result<PutOutcome> outcome);
    void tell(const Key& key, std::string event, std::string outcome, std::string capture = {}) const;
    void wiped() const;

    std::unique_ptr<State> state_;
    std::function<void(const PutOutcome&)> onPut_;
    std::function<void()> onWiped_, onHeld_;
    Auditor onEvent_;
};

}  // namespace auricle::vault
