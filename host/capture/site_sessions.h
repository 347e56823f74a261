// The sessions that a person has at sites: asks whether they are good, keeps those good that captures use,
// and has new ones asked for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <stop_token>
#include <string>

#include "capture/manager.h"
#include "capture/services.h"
#include "capture/session_monitor.h"

namespace auricle::capture {

/// All on one loop. `services` outlives it.
class SiteSessions {
  public:
    SiteSessions(boost::asio::any_io_executor loop, const Services& services);

    /// A capture uses this session as long as what it gets is alive: where the site can be asked, it is, now
    /// and then. Must not outlive this.
    SessionMonitor::Use use(vault::Key key);
    /// A put that somebody could be asked to better: where the site can be asked, it is, at once.
    void came(const vault::PutOutcome& outcome);
    /// Manager::checkLogin.
    boost::asio::awaitable<Result<LoginState>> check(LoginCheckRequest request, std::stop_token stop);
    /// Manager::refreshTrigger.
    Result<std::string> trigger(const std::string& site, std::optional<std::string> origin,
                                vault::Reason reason);
    /// Nothing is asked any more.
    void stop() { monitor_.stop(); }

  private:
    SessionMonitor::Parts monitorParts();
    /// Asks the site once; the expiry is the earliest of all that tell one.
    boost::asio::awaitable<Result<sites::Login>> ask(vault::Key key, std::stop_token stop);
    boost::asio::awaitable<Result<void>> renew(vault::Key key, std::string reason,
                                               std::optional<std::uint64_t> known, std::stop_token stop);
    void tell(const vault::Key& key, const Result<sites::Login>& login) const;

    const Services& services_;
    SessionMonitor monitor_;
};

}  // namespace auricle::capture
