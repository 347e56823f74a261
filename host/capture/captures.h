// The manager of the program: the captures of this process on its loop, and those that the disk remembers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "capture/job.h"
#include "capture/manager.h"
#include "capture/services.h"
#include "capture/site_lists.h"
#include "capture/site_sessions.h"
#include "capture/slots.h"
#include "capture/store.h"

namespace auricle::capture {

class Captures final : public Manager {
  public:
    Captures(boost::asio::any_io_executor loop, Services services, Store store);
    ~Captures() override;

    void listen(Events events) override;
    Result<Capture> start(const StartRequest& request) override;
    Result<Listing> list(std::optional<std::string> after, std::size_t limit) override;
    boost::asio::awaitable<Result<SiteListing>> listSite(SiteListRequest request) override;
    boost::asio::awaitable<Result<LoginState>> checkLogin(LoginCheckRequest request) override;
    Result<Capture> get(const std::string& id) override;
    boost::asio::awaitable<Result<Capture>> pause(std::string id) override;
    boost::asio::awaitable<Result<Capture>> cancel(std::string id) override;
    Result<Capture> retry(const std::string& id) override;
    boost::asio::awaitable<Result<Capture>> remove(std::string id) override;
    Result<std::string> fileOf(const std::string& id) override;
    std::vector<Capture> unfinished() override;
    Result<void> refreshDone(const std::string& id) override;
    Result<void> refreshFailed(const std::string& id, const std::string& why) override;
    Result<std::string> refreshTrigger(const std::string& site, std::optional<std::string> origin,
                                       vault::Reason reason) override;
    vault::QueueCounts refreshStatus() const override { return services_.refresh.status(); }
    boost::asio::awaitable<void> parkAll() override;

    /// Told beside the channel, of all captures and of every put that changed something. Called on the loop.
    struct Watch {
        std::function<void(const Entry&)> changed;
        std::function<void(const vault::PutOutcome&)> put;
    };
    void watch(Watch watch) { watch_ = std::move(watch); }
    /// What this machine has registered with the backend at that origin, newest first; removed ones are not
    /// among them. Reads the whole history.
    std::vector<Entry> registeredWith(const std::string& origin);
    /// Returns when a capture does not run (any more): as it is then, or nothing where there is none. Returns
    /// early when `stop` is stopped.
    boost::asio::awaitable<std::optional<Capture>> settled(std::string id, std::stop_token stop);
    /// Tells whoever listens (PROTOCOL's host.warning).
    void warn(std::string_view kind, std::string_view message) const;
    /// Is it fetching something that goes on until it is finished by pause()?
    bool isLive(const std::string& id) const;
    /// All ways to the sound of a page, each with its bytes: what start() would choose from. Fails as a
    /// capture would.
    boost::asio::awaitable<Result<sites::Plan>> plan(StartRequest request, std::stop_token stop);

  private:
    using JobPointer = std::shared_ptr<Job>;
    Result<Capture> startAgain(const std::string& id, sites::PageMedia given = {},
                               std::optional<sites::Page> page = {});
    JobPointer find(const std::string& id) const;
    Result<JobPointer> hold(const std::string& id);
    std::optional<Entry> remembered(const std::string& id);
    JobPointer adopt(Entry entry, Journal journal, sites::Page page);
    void launch(const JobPointer& job);
    boost::asio::awaitable<void> run(JobPointer job);
    boost::asio::awaitable<void> conclude(JobPointer job, Result<void> outcome);
    boost::asio::awaitable<void> stopped(JobPointer job);
    boost::asio::awaitable<void> stop(JobPointer job, StopReason reason);
    boost::asio::awaitable<void> finishLive(JobPointer job);
    void count(Capture capture, State end) const;
    void wakeWaiting(const Job& job);
    boost::asio::awaitable<void> reportFailure(const Entry& entry, const Error& why);
    boost::asio::awaitable<void> discard(const Entry& entry);
    void logState(const Capture& capture) const;
    std::vector<Entry> everything();
    SiteLists::ByPage underWayByPage();

    boost::asio::any_io_executor loop_;
    Services services_;
    Store store_;
    Slots slots_;
    SiteLists lists_;
    SiteSessions sessions_;
    std::stop_source ending_;
    Events events_;
    Watch watch_;
    std::map<std::string, JobPointer> jobs_;
    std::multimap<const Job*, boost::asio::steady_timer*> awaitingStop_;
    bool hasTidied_ = false;
};

}  // namespace auricle::capture
