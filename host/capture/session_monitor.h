// Asks a site whether a session is good: when its cookies come in, and as a heartbeat while captures use
// them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "net/retry.h"
#include "sites/site.h"
#include "system/error.h"
#include "vault/vault.h"

namespace auricle::capture {

/// All on one loop. While nobody uses a session nothing is asked. A session that is over, and one that will
/// be soon, is asked for anew; captures that run need not have noticed yet.
class SessionMonitor {
  public:
    struct Parts {
        /// Asks the site, once. Its expiry is the earliest of all that tell one.
        std::function<boost::asio::awaitable<Result<sites::Login>>(vault::Key, std::stop_token)> ask;
        /// The generation of its secrets.
        std::function<std::optional<std::uint64_t>(const vault::Key&)> generation;
        /// Asks for a session newer than the generation `known`, with PROTOCOL's reason, and returns when it
        /// is there or will not come.
        std::function<boost::asio::awaitable<Result<void>>(
            vault::Key, std::string reason, std::optional<std::uint64_t> known, std::stop_token)>
            renew;
        /// Every outcome, for the log.
        std::function<void(const vault::Key&, const Result<sites::Login>&)> tell;
        net::Timing timing;
        std::function<std::chrono::system_clock::time_point()> now;
        std::chrono::milliseconds every{};  ///< 0: no heartbeat
    };
    SessionMonitor(boost::asio::any_io_executor loop, Parts parts)
        : loop_(std::move(loop)), parts_(std::move(parts)) {}
    ~SessionMonitor();
    SessionMonitor(const SessionMonitor&) = delete;
    SessionMonitor& operator=(const SessionMonitor&) = delete;

    /// A session is in use as long as this is alive. Must not outlive the monitor.
    class Use {
      public:
        Use() = default;
        Use(SessionMonitor& monitor, vault::Key key) : monitor_(&monitor), key_(std::move(key)) {
            monitor_->begin(key_);
        }
        Use(Use&& other) noexcept
            : monitor_(std::exchange(other.monitor_, nullptr)), key_(std::move(other.key_)) {}
        Use& operator=(Use&& other) noexcept {
            std::swap(monitor_, other.monitor_);
            std::swap(key_, other.key_);
            return *this;
        }
        ~Use() {
            if (monitor_) monitor_->end(key_);
        }

      private:
        SessionMonitor* monitor_ = nullptr;
        vault::Key key_;
    };
    Use use(vault::Key key) { return {*this, std::move(key)}; }

    /// A session has come in: it is asked after at once.
    void look(const vault::Key& key);
    /// Nothing is asked any more.
    void stop();

  private:
    struct Beat {
        unsigned uses = 0;
        std::stop_source stop{};
    };
    void begin(const vault::Key& key);
    void end(const vault::Key& key);
    boost::asio::awaitable<void> beat(vault::Key key, std::stop_token stop);
    /// Asks, and for a new session where that is needed. Gives how long the next question should wait.
    boost::asio::awaitable<std::chrono::milliseconds> round(vault::Key key, std::stop_token stop);
    boost::asio::awaitable<void> lookOnce(vault::Key key, std::stop_token stop);
    std::chrono::milliseconds interval() const;
    std::chrono::milliseconds untilStale(std::int64_t expiresAtMs) const;

    boost::asio::any_io_executor loop_;
    Parts parts_;
    std::map<vault::Key, Beat> beats_;
    std::stop_source looking_;
};

}  // namespace auricle::capture
