#include "command/watch.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace auricle::command {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::minutes lookEvery{1};

std::chrono::system_clock::time_point now() {
    return std::chrono::system_clock::now();
}

asio::awaitable<void> lookNowAndThen(vault::Alerts& alerts, const vault::Vault& vault,
                                     const vault::Refresh& refresh) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
        pause.expires_after(lookEvery);
        co_await pause.async_wait(asio::use_awaitable);
        auto counts = refresh.status();
        alerts.look(vault.status(), counts.waiting + counts.delayed);
    }
}

}  // namespace

vault::AuditLog auditLogOf(const Paths& paths) {
    return {paths.state / "audit.log", now};
}

capture::Counters countersOf(const Paths& paths) {
    return {paths.state / "counters.json", now};
}

Watch::Watch(const Paths& paths, Log& log)
    : paths_(paths), log_(log), audit_(auditLogOf(paths)), counters_(countersOf(paths)) {}

void Watch::happened(const vault::AuditEvent& event) {
    if (auto kept = audit_.record(event); !kept) log_.warn("the audit: {}", kept.error().message);
    count(event);
    if (mark_ || event.event != "put") return;
    auto mark = ProcessMark::make(markFolder(paths_));
    if (mark)
        mark_ = std::move(*mark);
    else
        log_.warn("`auricle forget` will not find this host: {}", mark.error().message);
}

void Watch::count(const vault::AuditEvent& event) {
    bool isBearer = event.site.empty();
    Result<void> counted;
    if (event.event == "refresh.wanted") {
        if (!isBearer) counted = counters_.cookiesFailed(event.outcome);
    } else if (event.event == "refresh.done" || event.event == "refresh.failed") {
        bool isCompleted = event.event == "refresh.done";
        if (!isBearer) counted = counters_.refreshed(event.site, isCompleted, event.took);
        if (alerts_) alerts_->refreshed(event.origin, isCompleted);
    }
    if (!counted) log_.warn("the counters: {}", counted.error().message);
}

void Watch::begin(asio::any_io_executor loop, const vault::Vault& vault, const vault::Refresh& refresh,
                  vault::Alerts::Tell tell) {
    alerts_.emplace(std::chrono::steady_clock::now, std::move(tell));
    asio::co_spawn(loop, lookNowAndThen(*alerts_, vault, refresh), asio::detached);
}

}  // namespace auricle::command
