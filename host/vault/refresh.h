// Asking the browser for new secrets: one refresh at a time for each key, however many captures wait for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "system/error.h"
#include "vault/audit_event.h"
#include "vault/circuit.h"
#include "vault/reason.h"
#include "vault/refresh_queue.h"
#include "vault/token_bucket.h"
#include "vault/vault.h"

namespace auricle::vault {

/// PROTOCOL's refresh.wanted.
struct Wanted {
    std::string id;  ///< of this attempt
    bool isBearer = false;
    Key key;
    Reason reason = Reason::missing_cookies;
    unsigned attempt = 1;  ///< of this refresh
};

/// What somebody cannot go on without.
struct Wish {
    Key key;  ///< a trigger may leave its store empty: then any store's will do
    bool isBearer = false;
    Reason reason = Reason::session_expired;
    std::optional<std::uint64_t> known{};  ///< the generation that did not do; nothing: there was none
    /// How long a person may take to sign in. A refused bearer is nobody's to wait for: it fails at once.
    std::chrono::milliseconds patience{0};
};

struct RefreshRules {
    std::chrono::milliseconds deadline{30'000};  ///< for the extension to answer an attempt
    unsigned perHour = 6;                        ///< refreshes of one key's cookies; 0: nobody is ever asked
    unsigned burst = 2;                          ///< so many of them may follow on each other
    unsigned attempts = 3;
    std::chrono::milliseconds backoff{2'000};  ///< before the second attempt; doubled before each further one
    double jitter = 0.5;                       ///< the share of it that is left to chance
    unsigned atOnce = 4;                       ///< attempts under way, of all keys
    CircuitRules circuit{};
    std::chrono::milliseconds spread{2'000};  ///< over which those that waited for a refresh go on, at most
};

/// Clock and chance, handed in so that tests can turn them. The clock only goes forward: what the wall clock
/// does is nothing to a refresh.
struct RefreshTiming {
    std::function<std::chrono::steady_clock::time_point()> now;
    std::function<double()> chance;  ///< uniform in [0, 1)
};
/// The real ones.
RefreshTiming realRefreshTiming();

/// All calls on one loop. A refresh has succeeded when other secrets than before were put under its key; the
/// same ones again are no refresh (SAFETY "When a session has ended").
class Refresh {
  public:
    using Ask = std::function<void(const Wanted&)>;

    /// `vault` outlives it.
    Refresh(boost::asio::any_io_executor loop, Vault& vault, RefreshRules rules, RefreshTiming timing);
    ~Refresh();
    Refresh(const Refresh&) = delete;
    Refresh& operator=(const Refresh&) = delete;

    /// `ask` reaches the extension; while it is empty there is nobody to ask, and all fails at once.
    void onWanted(Ask ask) { ask_ = std::move(ask); }
    void onEvent(Auditor auditor) { auditor_ = std::move(auditor); }

    /// Whether there are other secrets to try than the generation that the wish knows: newer ones, or the
    /// previous ones, which serve once more then. Costs no refresh.
    bool takeOther(const Wish& wish);
    /// For a capture: returns when there are other secrets than the generation it knows (takeOther), if need
    /// be such as the browser is asked for. Where the browser has none, it goes on
    /// waiting for a person to sign in. Those that waited go on one after the other. Fails with
    /// login_required, rate_limited or backend_unauthorized when patience is over, or cancelled when `stop`
    /// is stopped.
    boost::asio::awaitable<Result<void>> want(Wish wish, std::stop_token stop);
    /// For whoever asks on a person's or a backend's behalf: begins a refresh, or joins the one under way,
    /// and gives its id at once. Fails with login_required where nobody can be asked, with rate_limited
    /// (retryAfterMs) where it was asked for too often or too often in vain.
    Result<JobId> trigger(const Key& key, Reason reason);
    /// The same, and its outcome, which comes by itself after some minutes at the latest: nothing when newer
    /// secrets have come, login_required when the browser has none, cancelled when `stop` is stopped.
    boost::asio::awaitable<Result<void>> refreshed(Key key, Reason reason, std::stop_token stop);
    /// A capture that goes on for long: asks ahead of time when the session is about to end, at most once for
    /// each generation, and only while another refresh could still be asked for after it.
    void lookAhead(const Key& key);
    /// Returns when no refresh of this key is under way: at once, or after its end, whatever that was.
    boost::asio::awaitable<Result<void>> settled(Key key, std::stop_token stop);
    /// Whether the secrets that are there have failed, and others have been asked for: nobody uses them.
    bool areSpent(const Key& key) const;

    /// To be told of every put that changed something.
    void put(const PutOutcome& outcome);
    /// The extension's answers; bad_params when no such attempt is under way.
    Result<void> done(std::string_view id);
    Result<void> failed(std::string_view id, std::string_view why);

    QueueCounts status() const { return queue_.counts(); }
    /// Does what is due by now. Its own alarm calls it; so does a test that has turned the clock.
    void turn();

  private:
    enum class Until : std::uint8_t { refreshed, jobEnds, nothingIsUnderWay };
    struct Waiter;
    struct Case;
    using Cases = std::map<Key, Case>;

    Instant now() const;
    Case& caseOf(const Key& key);
    bool hasOtherThan(std::optional<std::uint64_t> known, const Key& key) const;
    Result<void> mayBegin(const Key& key, const Case& about) const;
    JobId begin(const Wish& wish, Case& about);
    void noteFailing(const Wish& wish, Case& about);
    boost::asio::awaitable<Result<void>> wait(Wish wish, Until until, std::stop_token stop);
    void leave(const Key& key, Waiter& waiter);
    void dropUnasked(Case& about);

    void askNext();
    void sweep();
    void wakeWhoeverIsDue();
    void setAlarm();
    void giveUp(const Key& key, Case& about, std::string_view why, bool isFinal);
    void ended(const Key& key, Case& about, bool isRefreshed, std::string_view how);
    void rouse(Case& about, bool isRefreshed);
    void tidy();
    Cases::iterator byAttempt(std::string_view id);
    Error inVain(const Wish& wish) const;
    void tell(const char* event, const Key& key, std::string outcome,
              std::chrono::milliseconds took = {}) const;

    boost::asio::any_io_executor loop_;
    Vault& vault_;
    RefreshRules rules_;
    RefreshTiming timing_;
    std::chrono::steady_clock::time_point began_;
    RefreshQueue queue_;
    Cases cases_;
    std::uint64_t lastAttempt_ = 0;
    Ask ask_;
    Auditor auditor_;
    boost::asio::steady_timer alarm_;
};

}  // namespace auricle::vault
