#include "capture/backend_duty.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "capture/poll_pace.h"

namespace auricle::capture {

namespace asio = boost::asio;
using delivery::BackendJob;
using delivery::JobOutcome;

namespace {

constexpr std::size_t mostAtOnce = 4;

JobOutcome done(std::string detail) {
    return {.isDone = true, .detail = std::move(detail)};
}

JobOutcome refused(std::string why) {
    return {.isDone = false, .detail = std::move(why), .isRetryable = false};
}

/// An answer about the recording or the account stays the same, however often it is asked for.
bool isFinal(Kind kind) {
    constexpr std::array finals{Kind::forbidden,     Kind::not_found,        Kind::not_media,
                                Kind::drm_protected, Kind::unsupported_site, Kind::download_disabled,
                                Kind::too_large,     Kind::upload_rejected,  Kind::tool_missing};
    return std::ranges::count(finals, kind) > 0;
}

JobOutcome failed(const Error& error) {
    return {.isDone = false, .detail = error.message, .isRetryable = !isFinal(error.kind)};
}

/// The same job given out again is the same capture; no other backend's job, and no person's key, is like it.
std::string keyOf(const net::Url& backend, const std::string& id) {
    return "job " + backend.origin() + ' ' + id;
}

/// The worst first.
int rank(std::string_view freshness) {
    if (freshness == "expired") return 0;
    if (freshness == "stale") return 1;
    return freshness == "unknown" ? 2 : 3;
}

void add(std::map<std::string, delivery::SiteReport>& sites, const vault::EntryStatus& status) {
    auto& site = sites[status.key.site];
    bool isFirst = site.site.empty();
    site.site = status.key.site;
    site.count += status.count;
    if (isFirst || rank(status.freshness) < rank(site.freshness)) site.freshness = status.freshness;
    site.putAtMs = std::min(site.putAtMs.value_or(status.putAtMs), status.putAtMs);
}

}  // namespace

BackendDuty::BackendDuty(asio::any_io_executor loop, const DutyMeans& means, net::Url backend)
    : means_(means),
      loop_(std::move(loop)),
      backend_(std::move(backend)),
      token_(means.services.vault, backend_.origin()),
      jobs_(backend_, {means.services.http, token_, means.services.timing, stop_.get_token()}),
      allowance_(means.services.config.jobs.perHour, means.services.config.jobs.perHour),
      change_(loop_) {
    for (const auto& entry : means_.captures.registeredWith(backend_.origin()))
        sites_.insert(entry.capture.site);
}

void BackendDuty::begin(std::function<void(End)> ended) {
    asio::co_spawn(loop_, serve(),
                   [self = shared_from_this(), ended = std::move(ended)](std::exception_ptr fault, End end) {
                       self->stop();
                       self->change_.cancel();
                       ended(fault ? End::notServed : end);
                   });
}

asio::awaitable<BackendDuty::End> BackendDuty::serve() {
    const auto& services = means_.services;
    auto stop = stop_.get_token();
    PollPace pace;
    while (!stop.stop_requested()) {
        auto began = means_.monotonic();
        auto asked = asking();
        auto answer = co_await jobs_.ask(asked);
        if (stop.stop_requested()) break;
        std::optional<std::int64_t> retryAfterMs;
        if (answer) {
            if (!*answer) co_return End::notServed;
            beginReporting();
            noteChange();
            bool wasKeptBack = means_.monotonic() - began >= asked.wait / 2;
            if (take(std::move(**answer)) || wasKeptBack) {
                pace.useful();
                continue;
            }
        } else {
            if (answer.error().kind == Kind::backend_unauthorized) co_return End::refused;
            services.log.debug("backend {} gave no jobs: {}", backend_.host(), answer.error().message);
            retryAfterMs = answer.error().retryAfterMs;
        }
        auto pause = pace.inVain(services.timing.chance(), retryAfterMs);
        if (auto slept = co_await services.timing.sleep(pause, stop); !slept) break;
    }
    co_return End::stopped;
}

std::chrono::milliseconds BackendDuty::now() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(means_.monotonic().time_since_epoch());
}

delivery::Asking BackendDuty::asking() const {
    delivery::Asking asking{.wait = std::chrono::milliseconds(means_.services.config.jobs.waitMs),
                            .most = mostAtOnce - std::min(mostAtOnce, working_.size()),
                            .working = {working_.begin(), working_.end()}};
    while (asking.most > 0 && allowance_.wait(now(), static_cast<unsigned>(asking.most)).count() > 0)
        --asking.most;
    return asking;
}

/// Whether there was anything new among them.
bool BackendDuty::take(std::vector<BackendJob> jobs) {
    bool any = false;
    for (auto& job : jobs) {
        if (!working_.insert(job.id).second) continue;
        any = true;
        allowance_.take(now());
        asio::co_spawn(
            loop_,
            [](Self self, BackendJob what) -> asio::awaitable<void> {
                co_await self->carryOut(std::move(what));
            }(shared_from_this(), std::move(job)),
            asio::detached);
    }
    return any;
}

asio::awaitable<void> BackendDuty::carryOut(BackendJob job) {
    auto id = job.id;
    auto outcome = co_await outcomeOf(std::move(job));
    // Nobody hears it any more, and the job is given out again.
    if (stop_.stop_requested()) co_return;
    means_.services.log.info("job {} of the backend {} is {}", id, backend_.host(),
                             outcome.isDone ? "done" : "failed");
    co_await jobs_.answer(id, std::move(outcome));
    working_.erase(id);
    noteChange();
}

asio::awaitable<JobOutcome> BackendDuty::outcomeOf(BackendJob job) {
    if (job.kind == BackendJob::Kind::refresh) co_return co_await refreshed(std::move(job));
    co_return co_await captured(std::move(job));
}

/// Those of the place that this site's newest recording for the backend came from, and no others.
asio::awaitable<JobOutcome> BackendDuty::refreshed(BackendJob job) {
    const auto& services = means_.services;
    auto known = means_.captures.registeredWith(backend_.origin());
    auto newest = std::ranges::find(known, job.site, [](const Entry& entry) { return entry.capture.site; });
    auto url = newest == known.end() ? std::unexpected(Error{}) : net::Url::parse(newest->capture.page);
    auto page = url ? services.sites.recognise(*url) : std::nullopt;
    if (!page || page->site != job.site) {
        co_return refused(
            "This machine has sent nothing from that site to this backend, and refreshes no other site for "
            "it.");
    }
    if (!services.config.sites.at(page->site).useCookies)
        co_return refused("The use of cookies is switched off for this site on this machine.");
    vault::Key key{.site = page->site, .origin = page->origin, .store = newest->capture.store};
    auto refresh = means_.refresh(std::move(key), job.reason, stop_.get_token());
    auto outcome = co_await std::move(refresh);
    co_return outcome ? done("The cookies on the machine are new.") : failed(outcome.error());
}

asio::awaitable<JobOutcome> BackendDuty::captured(BackendJob job) {
    auto known = means_.captures.registeredWith(backend_.origin());
    auto before = std::ranges::find(known, job.url, [](const Entry& entry) { return entry.capture.page; });
    if (before == known.end()) {
        co_return refused(
            "This machine has never registered that page with this backend, and captures no other page for "
            "it.");
    }
    StartRequest request;
    request.page = job.url;
    request.key = keyOf(backend_, job.id);
    if (before->hasOwnTitle) request.title = before->capture.title;
    request.store = before->capture.store;
    request.target = before->capture.target;
    auto started = means_.captures.start(request);
    if (!started) co_return failed(started.error());
    auto stop = stop_.get_token();
    auto ended = co_await means_.captures.settled(started->id, stop);
    if (!ended || ended->state == State::cancelled) co_return refused("The person has cancelled it.");
    if (ended->state == State::done) co_return done("Registered as lecture " + ended->result->lecture + ".");
    if (ended->error) co_return failed(*ended->error);
    co_return refused("The person has paused it, and can go on with it.");
}

void BackendDuty::noteChange() {
    hasChanged_ = true;
    change_.cancel();
}

void BackendDuty::beginReporting() {
    if (std::exchange(isReporting_, true)) return;
    asio::co_spawn(
        loop_, [](Self self) -> asio::awaitable<void> { co_await self->keepReporting(); }(shared_from_this()),
        asio::detached);
}

delivery::HostReport BackendDuty::report() const {
    std::map<std::string, delivery::SiteReport> sites;
    for (const auto& status : means_.services.vault.status()) {
        if (status.kind == "cookies" && status.slot == "active" && sites_.contains(status.key.site))
            add(sites, status);
    }
    delivery::HostReport report{.sites = {}, .version = means_.version};
    for (auto& [name, site] : sites) report.sites.push_back(std::move(site));
    for (const auto& capture : means_.captures.unfinished()) {
        const auto& target = capture.target;
        if (target.to != delivery::Target::To::backend || target.origin != backend_.origin()) continue;
        if (capture.state == State::waiting_for_cookies)
            ++report.waiting;
        else if (capture.state != State::parked)
            ++report.running;
    }
    return report;
}

asio::awaitable<void> BackendDuty::keepReporting() {
    auto stop = stop_.get_token();
    std::chrono::milliseconds every(means_.services.config.jobs.reportEveryMs);
    std::optional<delivery::HostReport> told;
    while (!stop.stop_requested()) {
        while (!hasChanged_ && !stop.stop_requested()) {
            change_.expires_at(asio::steady_timer::time_point::max());
            co_await change_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        hasChanged_ = false;
        auto current = report();
        if (stop.stop_requested() || current == told) continue;
        auto outcome = co_await jobs_.report(current);
        if (outcome && !*outcome) co_return;
        if (outcome) told = std::move(current);
        // One that was not heard is told with the next change: each answered poll is one.
        if (auto slept = co_await means_.services.timing.sleep(every, stop); !slept) co_return;
    }
}

}  // namespace auricle::capture
