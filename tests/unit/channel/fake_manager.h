// A capture manager that remembers what it was asked, and does what a test tells it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "capture/manager.h"

namespace auricle::channel_test {

class FakeManager : public capture::Manager {
  public:
    capture::Events events;
    std::vector<capture::StartRequest> starts;
    std::vector<capture::Capture> captures;  ///< newest first
    std::vector<std::string> calls;
    Result<capture::SiteListing> siteListing;
    Result<capture::LoginState> loginState;
    bool holdsStops = false;  ///< pause, cancel and remove answer only after release()
    bool holdsParking = false;
    bool throws = false;

    static capture::Capture make(std::string id, std::string title = "Lecture") {
        capture::Capture capture;
        capture.id = std::move(id);
        capture.page = "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1";
        capture.title = std::move(title);
        return capture;
    }
    void release() {
        holdsStops = holdsParking = false;
        for (auto* timer : held_) timer->cancel();
    }

    void listen(capture::Events given) override { events = std::move(given); }
    Result<capture::Capture> start(const capture::StartRequest& request) override {
        if (throws) throw std::runtime_error("a bug");
        starts.push_back(request);
        return make("c" + std::to_string(starts.size()), request.title.value_or(""));
    }
    Result<capture::Listing> list(std::optional<std::string> after, std::size_t limit) override {
        calls.push_back("list " + std::to_string(limit));
        std::size_t first = 0;
        for (; after && first < captures.size() && captures[first].id != *after; ++first) {
        }
        if (after) ++first;
        capture::Listing listing;
        for (std::size_t i = first; i < captures.size() && listing.captures.size() < limit; ++i) {
            listing.captures.push_back(captures[i]);
        }
        if (first + listing.captures.size() < captures.size()) listing.next = listing.captures.back().id;
        return listing;
    }
    boost::asio::awaitable<Result<capture::SiteListing>> listSite(capture::SiteListRequest request) override {
        calls.push_back("listSite " + request.page + " of " + request.store + " from " +
                        std::to_string(request.range.first) + ", " + std::to_string(request.range.most));
        co_return siteListing;
    }
    boost::asio::awaitable<Result<capture::LoginState>> checkLogin(
        capture::LoginCheckRequest request) override {
        calls.push_back("checkLogin " + request.site + " at " + request.origin + " of " + request.store);
        co_return loginState;
    }
    Result<capture::Capture> get(const std::string& id) override {
        calls.push_back("get " + id);
        return find(id);
    }
    Result<capture::Capture> find(const std::string& id) {
        for (const auto& each : captures) {
            if (each.id == id) return each;
        }
        return fail(Kind::unknown_capture, "There is no such capture.");
    }
    boost::asio::awaitable<Result<capture::Capture>> pause(std::string id) override {
        return stop("pause", std::move(id));
    }
    boost::asio::awaitable<Result<capture::Capture>> cancel(std::string id) override {
        return stop("cancel", std::move(id));
    }
    boost::asio::awaitable<Result<capture::Capture>> remove(std::string id) override {
        return stop("remove", std::move(id));
    }
    Result<capture::Capture> retry(const std::string& id) override {
        calls.push_back("retry " + id);
        return find(id);
    }
    Result<std::string> fileOf(const std::string& id) override {
        if (auto capture = find(id); !capture) return std::unexpected(capture.error());
        return "/music/" + id + ".m4a";
    }
    std::vector<capture::Capture> unfinished() override { return captures; }
    Result<void> refreshDone(const std::string& id) override {
        calls.push_back("done " + id);
        return {};
    }
    Result<void> refreshFailed(const std::string& id, const std::string& why) override {
        calls.push_back("failed " + id + " " + why);
        return {};
    }
    Result<std::string> refreshTrigger(const std::string& site, std::optional<std::string> origin,
                                       vault::Reason reason) override {
        calls.push_back("refreshTrigger " + site + " at " + origin.value_or("anywhere") + ": " +
                        std::string(word(reason)));
        return "7";
    }
    vault::QueueCounts refreshStatus() const override {
        return {.waiting = 1, .active = 2, .delayed = 3, .completed = 4, .failed = 5};
    }
    boost::asio::awaitable<void> parkAll() override {
        calls.push_back("park");
        co_await holdWhile(&FakeManager::holdsParking);
        calls.push_back("parked");
    }

  private:
    boost::asio::awaitable<Result<capture::Capture>> stop(std::string how, std::string id) {
        calls.push_back(how + " " + id);
        co_await holdWhile(&FakeManager::holdsStops);
        co_return find(id);
    }
    boost::asio::awaitable<void> holdWhile(bool FakeManager::*held) {
        if (!(this->*held)) co_return;
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                        boost::asio::steady_timer::time_point::max());
        held_.push_back(&timer);
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        std::erase(held_, &timer);
    }

    std::vector<boost::asio::steady_timer*> held_;
};

}  // namespace auricle::channel_test
