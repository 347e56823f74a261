// Asking the browser for new secrets: one request at a time for each key, however many captures wait for it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "system/error.h"
#include "vault/vault.h"

namespace auricle::vault {

/// PROTOCOL's refresh.wanted.
struct Wanted {
    std::string id;
    bool isBearer = false;
    Key key;
    std::string
        reason;  ///< missing_cookies, session_expired, bot_detection, forbidden, stale, manual_trigger
    unsigned attempt = 1;  ///< how often in a row it was asked for this key
};

/// All calls on one loop. A refresh has succeeded when other secrets than before were put under the key; the
/// same ones again are no refresh (SAFETY "When a session has ended").
class Refresh {
  public:
    using Ask = std::function<void(const Wanted&)>;
    /// `ask` reaches the extension; while it is empty there is nobody to ask, and want() fails at once.
    void onWanted(Ask ask) { ask_ = std::move(ask); }

    /// Waits for secrets newer than generation `known` (nothing: any). For cookies a person may have to sign
    /// in first, so that a refused refresh goes on waiting until `patience` is over; a refused bearer fails
    /// at once. Fails with login_required or backend_unauthorized, or cancelled when `stop` is stopped.
    boost::asio::awaitable<Result<void>> want(Key key, bool isBearer, std::string reason, const Vault& vault,
                                              std::optional<std::uint64_t> known,
                                              std::chrono::milliseconds patience, std::stop_token stop);
    /// To be told of every put.
    void put(const PutOutcome& outcome);
    /// The extension's answers; bad_params when no such refresh is under way.
    Result<void> done(std::string_view id);
    Result<void> failed(std::string_view id, std::string_view why);

  private:
    struct UnderWay {
        Wanted wanted;
        bool isRefused = false;
        std::set<boost::asio::steady_timer*> waiters;
        void wake() {
            for (auto* waiter : waiters) waiter->cancel();
        }
    };
    UnderWay& begin(const Key& key, bool isBearer, std::string reason);
    UnderWay* find(std::string_view id);

    Ask ask_;
    std::map<Key, UnderWay> underWay_;
    std::map<Key, unsigned> attempts_;
    std::uint64_t lastId_ = 0;
};

}  // namespace auricle::vault
