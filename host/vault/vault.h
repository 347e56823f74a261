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

struct Dropped {
    std::string name, why;
};

struct PutOutcome {
    Key key;
    bool isBearer = false;
    std::size_t kept = 0;
    std::vector<Dropped> dropped{};
    std::uint64_t generation = 0;               ///< unchanged when the same secrets were put again
    bool isChanged = false;                     ///< false: the same cookies again, which is no refresh
    std::optional<std::int64_t> expiresAtMs{};  ///< Unix time, ms: the earliest expiry of a needed cookie
};

struct EntryStatus {
    std::string kind;  ///< "cookies" or "bearer"
    Key key;
    std::string slot = "active";  ///< "active" or "previous"
    std::uint64_t generation = 0;
    std::size_t count = 0;
    /// "expired": no login cookie is left that has not expired. "unknown": it has no expiry and was never
    /// used. "stale": ten minutes or less until it expires, or, without an expiry, not used for 30 minutes
    /// (after which sites that go by the last use, Panopto's ASP.NET among them, let a session end). Else
    /// "fresh".
    std::string freshness{};
    std::optional<std::int64_t> expiresAtMs{};
    std::int64_t putAtMs = 0;
    std::optional<std::int64_t> lastUsedAtMs{};
    std::uint64_t uses = 0;
};

class Vault {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    Vault(std::vector<SiteRules> rules, Clock now);
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// Takes what a seal opened to: the JSON text of PROTOCOL's vault.put. Fails with bad_params (path from
    /// the sealed value's root) or cookies_missing when none that the site needs is among them; what was
    /// there before then stays. Never quotes a value. Whether they are the same cookies again is judged by
    /// what was put last, not by what answers have since set.
    Result<PutOutcome> put(const Secret& opened);
    /// The same for cookies that came from somewhere else.
    Result<PutOutcome> put(OpenedCookies opened);
    /// The same for a token that came from somewhere else.
    Result<PutOutcome> put(OpenedBearer opened);
    std::vector<EntryStatus> status() const;
    /// Wipes the entries of a site, of an origin, of both, or all of them; gives their number.
    std::size_t forget(std::optional<std::string_view> site, std::optional<std::string_view> origin);

    /// The generation that is active, or nothing if there is none for this key.
    std::optional<std::uint64_t> generation(const Key& key) const;
    /// The Cookie header's value for one request, RFC 6265bis order; empty when nothing matches. All of them
    /// are of one partition: one that holds a login cookie (the first, if there are several), else the
    /// unpartitioned ones.
    Secret cookieHeader(const Key& key, const Place& place);
    /// The bearer token that belongs to this origin, or empty. An expired one is given too: the clock that
    /// counts is the server's.
    Secret bearer(std::string_view origin);
    /// What a site's answer sets: updates or removes the cookie in the active generation of that key, if it
    /// is one that the site needs and the place may set it (RFC 6265bis section 5.7; an insecure place may
    /// set none). It goes into the partition that cookieHeader() takes from. The generation stays the same.
    void received(const Key& key, const Place& place, std::string_view setCookie);

    /// Called after every put that changed something.
    void onPut(std::function<void(const PutOutcome&)> callback) { onPut_ = std::move(callback); }

    /// Called after something was forgotten: what else remembers secrets (a connection's tables) has to let
    /// go of them.
    void onForget(std::function<void()> callback) { onForget_ = std::move(callback); }

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::function<void(const PutOutcome&)> onPut_;
    std::function<void()> onForget_;
};

}  // namespace auricle::vault
