// The manager of a host whose configuration cannot be read: shows captures, starts none, and says why.
#pragma once

#include "capture/manager.h"

namespace auricle::command {

class Misconfigured final : public capture::Manager {
  public:
    Misconfigured(capture::Manager& behind, Error why) : behind_(behind), why_(std::move(why)) {}

    void listen(capture::Events events) override { behind_.listen(std::move(events)); }
    Result<capture::Capture> start(const capture::StartRequest&) override { return std::unexpected(why_); }
    Result<capture::Capture> retry(const std::string&) override { return std::unexpected(why_); }
    Result<capture::Listing> list(std::optional<std::string> after, std::size_t limit) override {
        return behind_.list(std::move(after), limit);
    }
    boost::asio::awaitable<Result<capture::SiteListing>> listSite(capture::SiteListRequest) override {
        co_return std::unexpected(why_);
    }
    boost::asio::awaitable<Result<capture::LoginState>> checkLogin(capture::LoginCheckRequest) override {
        co_return std::unexpected(why_);
    }
    Result<capture::Capture> get(const std::string& id) override { return behind_.get(id); }
    boost::asio::awaitable<Result<capture::Capture>> pause(std::string id) override {
        return behind_.pause(std::move(id));
    }
    boost::asio::awaitable<Result<capture::Capture>> cancel(std::string id) override {
        return behind_.cancel(std::move(id));
    }
    boost::asio::awaitable<Result<capture::Capture>> remove(std::string id) override {
        return behind_.remove(std::move(id));
    }
    Result<std::string> fileOf(const std::string& id) override { return behind_.fileOf(id); }
    std::vector<capture::Capture> unfinished() override { return behind_.unfinished(); }
    Result<void> refreshDone(const std::string& id) override { return behind_.refreshDone(id); }
    Result<void> refreshFailed(const std::string& id, const std::string& why) override {
        return behind_.refreshFailed(id, why);
    }
    Result<std::string> refreshTrigger(const std::string&, std::optional<std::string>,
                                       vault::Reason) override {
        return std::unexpected(why_);
    }
    vault::QueueCounts refreshStatus() const override { return behind_.refreshStatus(); }
    boost::asio::awaitable<void> parkAll() override { return behind_.parkAll(); }

  private:
    capture::Manager& behind_;
    Error why_;
};

}  // namespace auricle::command
