// Serves one backend: asks it for jobs as long as it may, carries them out, says what became of each, and
// reports how this machine stands.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "capture/captures.h"
#include "capture/credentials.h"
#include "capture/services.h"
#include "delivery/backend_jobs.h"
#include "vault/token_bucket.h"

namespace auricle::capture {

/// What a duty uses. All of it outlives the duty.
struct DutyMeans {
    Services services;
    Captures& captures;
    /// Has the browser asked for a site's cookies, and returns with the outcome: vault/refresh.
    std::function<boost::asio::awaitable<Result<void>>(vault::Key, std::string reason, std::stop_token)>
        refresh;
    std::function<std::chrono::steady_clock::time_point()> monotonic;
    std::string version;
};

/// A backend is believed nothing: it may only ask for the cookies of a site, and for the pages, that this
/// machine has itself registered with it before; so many jobs an hour and a few at a time are taken, and
/// whatever answers at once and brings nothing is asked ever less often.
class BackendDuty : public std::enable_shared_from_this<BackendDuty> {
  public:
    enum class End : std::uint8_t {
        stopped,
        refused,   ///< the token is no good
        notServed  ///< the backend has no such interface
    };

    BackendDuty(boost::asio::any_io_executor loop, const DutyMeans& means, net::Url backend);

    /// Begins; `ended` is called once, on the loop, unless the loop ends first.
    void begin(std::function<void(End)> ended);
    /// Ends every request now. What is under way for a job goes on as a capture of the person's does; the
    /// backend gives the job out again.
    void stop() { stop_.request_stop(); }
    /// Something happened that may be in the report.
    void noteChange();

  private:
    using Self = std::shared_ptr<BackendDuty>;

    boost::asio::awaitable<End> serve();
    boost::asio::awaitable<void> carryOut(delivery::BackendJob job);
    boost::asio::awaitable<delivery::JobOutcome> outcomeOf(delivery::BackendJob job);
    boost::asio::awaitable<delivery::JobOutcome> refreshed(delivery::BackendJob job);
    boost::asio::awaitable<delivery::JobOutcome> captured(delivery::BackendJob job);
    bool take(std::vector<delivery::BackendJob> jobs);
    delivery::Asking asking() const;
    std::chrono::milliseconds now() const;

    boost::asio::awaitable<void> keepReporting();
    delivery::HostReport report() const;
    void beginReporting();

    const DutyMeans& means_;
    boost::asio::any_io_executor loop_;
    net::Url backend_;
    BackendCredentials token_;
    std::stop_source stop_;
    delivery::BackendJobs jobs_;
    vault::TokenBucket allowance_;
    std::set<std::string> working_;  ///< ids of jobs under way
    std::set<std::string> sites_;    ///< of what was registered with this backend
    boost::asio::steady_timer change_;
    bool hasChanged_ = true;
    bool isReporting_ = false;
};

}  // namespace auricle::capture
