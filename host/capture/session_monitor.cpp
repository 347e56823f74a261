#include "capture/session_monitor.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace auricle::capture {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// A session that ends within this time is asked for anew while it still holds (EntryStatus "stale").
constexpr milliseconds staleBefore = std::chrono::minutes(10);
constexpr double jitter = 0.2;  // of the interval, both ways: many hosts do not ask at the same moment

}  // namespace

SessionMonitor::~SessionMonitor() {
    stop();
}

void SessionMonitor::stop() {
    looking_.request_stop();
    for (auto& [key, beat] : beats_) beat.stop.request_stop();
}

void SessionMonitor::begin(const vault::Key& key) {
    auto& beat = beats_[key];
    if (beat.uses++ > 0 || parts_.every == milliseconds(0)) return;
    asio::co_spawn(loop_, this->beat(key, beat.stop.get_token()), asio::detached);
}

void SessionMonitor::end(const vault::Key& key) {
    auto found = beats_.find(key);
    if (--found->second.uses > 0) return;
    found->second.stop.request_stop();
    beats_.erase(found);
}

void SessionMonitor::look(const vault::Key& key) {
    asio::co_spawn(loop_, lookOnce(key, looking_.get_token()), asio::detached);
}

asio::awaitable<void> SessionMonitor::lookOnce(vault::Key key, std::stop_token stop) {
    co_await round(std::move(key), stop);
}

/// After `stop` nothing of this object is touched: it may be gone.
asio::awaitable<void> SessionMonitor::beat(vault::Key key, std::stop_token stop) {
    auto pause = interval();
    while (!stop.stop_requested()) {
        auto slept = co_await parts_.timing.sleep(pause, stop);
        if (!slept || stop.stop_requested()) co_return;
        pause = co_await round(key, stop);
    }
}

asio::awaitable<milliseconds> SessionMonitor::round(vault::Key key, std::stop_token stop) {
    auto known = parts_.generation(key);
    auto login = co_await parts_.ask(key, stop);
    if (stop.stop_requested()) co_return milliseconds(0);
    parts_.tell(key, login);
    std::string reason;
    if (!login && login.error().kind == Kind::login_required) reason = "session_expired";
    bool isEnding = login && login->expiresAtMs && untilStale(*login->expiresAtMs) == milliseconds(0);
    if (isEnding) reason = "stale";
    if (!reason.empty()) {
        auto renewed = co_await parts_.renew(std::move(key), std::move(reason), known, stop);
        if (stop.stop_requested()) co_return milliseconds(0);
    }
    auto pause = interval();
    if (!login && login.error().retryAfterMs)
        pause = std::max(pause, milliseconds(*login.error().retryAfterMs));
    // What is about to end is looked at in time, and not again at once when nothing newer came of it.
    if (login && login->expiresAtMs && !isEnding) pause = std::min(pause, untilStale(*login->expiresAtMs));
    co_return pause;
}

milliseconds SessionMonitor::interval() const {
    auto share = 1 - jitter + 2 * jitter * parts_.timing.chance();
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(parts_.every.count()) * share));
}

milliseconds SessionMonitor::untilStale(std::int64_t expiresAtMs) const {
    auto nowMs = std::chrono::duration_cast<milliseconds>(parts_.now().time_since_epoch()).count();
    return std::max(milliseconds(expiresAtMs - nowMs) - staleBefore, milliseconds(0));
}

}  // namespace auricle::capture
