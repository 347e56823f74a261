// Runs captures, several at a time: starts, queues, cancels, parks and remembers them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/capture.h"
#include "sites/site.h"
#include "system/error.h"
#include "vault/reason.h"
#include "vault/refresh_queue.h"

namespace auricle::capture {

/// The params of capture.start, already checked for their form by the channel.
struct StartRequest {
    std::string page;
    std::optional<std::string> key;  ///< the idempotency key; without one every start is a new capture
    std::optional<std::string> title;
    bool mayBeAnything = false;                ///< a person named the address by hand: media may be at any
    std::string store;                         ///< cookie store of the tab; may be empty
    std::optional<delivery::Target> target;    ///< none: the configured default
    std::optional<std::string> quality;        ///< "audio-only" or nothing
    std::optional<std::string> mediaUrl;       ///< media.url: a stream URL that the page gave
    std::optional<std::string> mediaDelivery;  ///< media.delivery: DeliveryInfo JSON text that the page gave
};

/// PROTOCOL's refresh.wanted.
struct RefreshWanted {
    std::string id, kind, site, origin, store, reason;
    unsigned attempt = 1;
};

struct Progress {
    std::string id, phase;
    std::uint64_t done = 0, total = 0, uploaded = 0, rate = 0;
    std::optional<std::uint64_t> etaMs;
};

/// What the manager tells; the channel turns each into a notification. Called on the loop.
struct Events {
    std::function<void(const Capture&)> changed;    ///< every change of state
    std::function<void(const Progress&)> progress;  ///< at most 5 a second for one capture
    std::function<void(const RefreshWanted&)> refreshWanted;
    std::function<void(std::string_view kind, std::string_view message)> warning;
};

struct Listing {
    std::vector<Capture> captures;    ///< newest first
    std::optional<std::string> next;  ///< the `after` of the next page, if there is one
};

/// The params of site.list.
struct SiteListRequest {
    std::string page;   ///< as the browser shows it, its fragment included
    std::string store;  ///< cookie store of the tab; may be empty
    sites::Range range;
};

struct SiteListing {
    struct Row {
        sites::Item item;
        std::optional<std::string> captured;  ///< the newest capture of it that is done or under way
    };
    std::vector<Row> items;
    std::uint64_t total = 0;
    std::optional<std::uint64_t> next;  ///< Range::first of what comes after these
};

/// The params of login.check.
struct LoginCheckRequest {
    std::string site;
    std::string origin;  ///< as a browser writes it
    std::string store;   ///< cookie store of the tab; may be empty
};

struct LoginState {
    bool isLoggedIn = false;
    sites::Login login;  ///< where somebody is
    std::int64_t checkedAtMs = 0;
};

class Manager {
  public:
    virtual ~Manager() = default;
    virtual void listen(Events events) = 0;
    /// bad_params, unsupported_site, backend_not_allowed, or the capture (a known key: see PROTOCOL
    /// capture.start).
    virtual Result<Capture> start(const StartRequest& request) = 0;
    virtual Result<Listing> list(std::optional<std::string> after, std::size_t limit) = 0;
    /// What a page of a site holds. Nobody waits for a person here: login_required at once where a sign-in is
    /// missing. bad_params, unsupported_site, and what the site says.
    virtual boost::asio::awaitable<Result<SiteListing>> listSite(SiteListRequest request) = 0;
    /// Asks the site itself. bad_params, unsupported_site, and what goes wrong on the way.
    virtual boost::asio::awaitable<Result<LoginState>> checkLogin(LoginCheckRequest request) = 0;
    /// unknown_capture for an id that is none; so do all below.
    virtual Result<Capture> get(const std::string& id) = 0;
    virtual boost::asio::awaitable<Result<Capture>> pause(
        std::string id) = 0;  ///< answers when the transfer has stopped
    virtual boost::asio::awaitable<Result<Capture>> cancel(
        std::string id) = 0;  ///< answers when the transfer has stopped
    virtual Result<Capture> retry(const std::string& id) = 0;
    virtual boost::asio::awaitable<Result<Capture>> remove(std::string id) = 0;
    /// The file of a finished capture that lies in a folder, or not_found.
    virtual Result<std::string> fileOf(const std::string& id) = 0;
    /// Captures that did not end: this process' own and those that an earlier one left behind. Cheap: called
    /// by hello.
    virtual std::vector<Capture> unfinished() = 0;
    /// The extension's answers to refresh.wanted; bad_params when no such refresh is under way.
    virtual Result<void> refreshDone(const std::string& id) = 0;
    virtual Result<void> refreshFailed(const std::string& id, const std::string& why) = 0;
    /// Begins a refresh of a site's cookies, or joins the one under way; gives its id. bad_params for a site
    /// that is none, or where it takes an origin to know whose cookies; login_required, rate_limited.
    virtual Result<std::string> refreshTrigger(const std::string& site, std::optional<std::string> origin,
                                               vault::Reason reason) = 0;
    virtual vault::QueueCounts refreshStatus() const = 0;
    /// The process ends: stops every transfer, writes down where each stands. Returns when that is done.
    virtual boost::asio::awaitable<void> parkAll() = 0;
};

}  // namespace auricle::capture
