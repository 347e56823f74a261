#include "capture/captures.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "capture/bad_param.h"
#include "capture/credentials.h"
#include "capture/intake.h"
#include "capture/pipeline.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

std::unexpected<Error> unknown(const std::string& id) {
    return fail(Kind::unknown_capture, "There is no capture " + id.substr(0, 64) +
                                           ". It may have been removed; see the list of captures.");
}

constexpr std::int64_t msPerDay = 86'400'000;

std::int64_t unixMsOf(std::chrono::system_clock::time_point instant) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

}  // namespace

Captures::Captures(asio::any_io_executor loop, Services services, Store store)
    : loop_(std::move(loop)),
      services_(std::move(services)),
      store_(std::move(store)),
      slots_(services_.config.captures.atOnce),
      lists_(services_, store_, [this] { return underWayByPage(); }),
      sessions_(loop_, services_) {
    services_.vault.onPut([this](const vault::PutOutcome& outcome) {
        services_.refresh.put(outcome);
        // Only where somebody could be asked for a better one.
        if (events_.refreshWanted) sessions_.came(outcome);
        if (watch_.put) watch_.put(outcome);
    });
}

Captures::~Captures() = default;

void Captures::listen(Events events) {
    events_ = std::move(events);
    if (!events_.refreshWanted) return services_.refresh.onWanted({});
    services_.refresh.onWanted([this](const vault::Wanted& wanted) {
        events_.refreshWanted({.id = wanted.id,
                               .kind = wanted.isBearer ? "bearer" : "cookies",
                               .site = wanted.key.site,
                               .origin = wanted.key.origin,
                               .store = wanted.key.store,
                               .reason = std::string(vault::word(wanted.reason)),
                               .attempt = wanted.attempt});
    });
}

Result<Capture> Captures::start(const StartRequest& request) {
    auto intake = takeIn(request, services_);
    if (!intake) return std::unexpected(std::move(intake.error()));
    auto& [entry, page, given] = *intake;
    if (request.key) {
        for (const auto& [id, job] : jobs_) {
            if (job->entry.capture.key == *request.key)
                return startAgain(id, std::move(given), std::move(page));
        }
        if (auto earlier = store_.findByKey(*request.key))
            return startAgain(earlier->capture.id, std::move(given), std::move(page));
    }
    if (!std::exchange(hasTidied_, true)) {
        store_.eraseOlderThan(entry.capture.startedAtMs - services_.config.captures.keepPartsDays * msPerDay);
    }
    auto journal = store_.create(entry);
    if (!journal) return std::unexpected(journal.error());
    auto job = adopt(std::move(entry), std::move(*journal), std::move(page));
    job->given = std::move(given);
    launch(job);
    return job->entry.capture;
}

/// The same key again, or a retry: what runs or is done stays as it is, anything else goes on from the bytes
/// that are there.
Result<Capture> Captures::startAgain(const std::string& id, sites::PageMedia given,
                                     std::optional<sites::Page> page) {
    auto job = find(id);
    if (!job) {
        auto earlier = remembered(id);
        if (!earlier) return unknown(id);
        if (earlier->capture.state == State::done) return earlier->capture;
        auto held = hold(id);
        // Another browser's host runs it: it is shown as that one has written it down.
        if (!held && held.error().kind == Kind::not_ready) return earlier->capture;
        if (!held) return std::unexpected(held.error());
        job = *held;
    }
    auto& capture = job->entry.capture;
    if (job->isRunning) return capture;
    if (isOver(capture.state)) ++capture.attempt;
    capture.error.reset();
    capture.endedAtMs.reset();
    capture.result.reset();
    job->given = std::move(given);
    if (page) job->page = std::move(*page);
    launch(job);
    return capture;
}

asio::awaitable<Result<sites::Plan>> Captures::plan(StartRequest request, std::stop_token stop) {
    auto intake = takeIn(request, services_);
    if (!intake) co_return std::unexpected(std::move(intake.error()));
    const auto& page = intake->page;
    auto folder = store_.workFolder(intake->entry.capture.id);
    vault::Key key{.site = page.site, .origin = page.origin, .store = request.store};
    auto credentials = siteCredentials(services_.vault, key, services_.config.sites.at(page.site).useCookies,
                                       services_.sites.find(page.site)->sessionCookies());
    sites::Visit visit{.http = services_.http,
                       .credentials = *credentials,
                       .timing = services_.timing,
                       .stop = stop,
                       .worker = services_.worker(),
                       .wantsEveryWay = true,
                       .folder = std::move(folder)};
    auto plan = co_await services_.sites.find(page.site)->resolve(page, visit);
    store_.erasePart(intake->entry.capture.id);
    co_return plan;
}

Captures::JobPointer Captures::find(const std::string& id) const {
    auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : found->second;
}

/// The capture, taken over from the disk if it is not one that runs here. Its journal is held as long as the
/// pointer.
Result<Captures::JobPointer> Captures::hold(const std::string& id) {
    if (auto job = find(id)) return job;
    auto held = store_.take(id);
    if (!held) return held.error().kind == Kind::not_found ? unknown(id) : std::unexpected(held.error());
    auto url = net::Url::parse(held->entry.capture.page);
    auto* site = services_.sites.find(held->entry.capture.site);
    auto page = url && site ? site->recognise(*url) : std::nullopt;
    if (!page) return fail(Kind::unsupported_site, "The site of this capture is not enabled any more.");
    return adopt(std::move(held->entry), std::move(held->journal), std::move(*page));
}

Captures::JobPointer Captures::adopt(Entry entry, Journal journal, sites::Page page) {
    auto job = std::make_shared<Job>(std::move(entry), std::move(journal), std::move(page));
    job->changed = [this](const Job& of) {
        logState(of.entry.capture);
        if (events_.changed) events_.changed(of.entry.capture);
        if (watch_.changed) watch_.changed(of.entry);
        wakeWaiting(of);
    };
    job->progressed = [this](const Job& of) {
        const auto& capture = of.entry.capture;
        if (!events_.progress) return;
        events_.progress({.id = capture.id,
                          .phase = std::string(word(capture.state)),
                          .done = capture.done,
                          .total = capture.total,
                          .uploaded = capture.uploaded,
                          .rate = capture.rate,
                          .etaMs = capture.etaMs});
    };
    return job;
}

void Captures::launch(const JobPointer& job) {
    job->stop = {};
    job->finish = {};
    job->stopReason = StopReason::none;
    job->isRunning = true;
    jobs_[job->entry.capture.id] = job;
    job->enter(State::queued);
    asio::co_spawn(loop_, run(job), asio::detached);
}

asio::awaitable<void> Captures::run(JobPointer job) {
    Result<void> outcome;
    {
        auto use = sessions_.use({job->page.site, job->page.origin, job->entry.capture.store});
        Pipeline pipeline(loop_, services_, slots_, store_, *job);
        outcome = co_await pipeline.run();
    }
    co_await conclude(job, std::move(outcome));
    job->part.reset();
    job->isRunning = false;
    // What is over lives on the disk alone: memory and descriptors do not grow with the number of captures.
    jobs_.erase(job->entry.capture.id);
    wakeWaiting(*job);
}

void Captures::wakeWaiting(const Job& job) {
    auto [first, last] = awaitingStop_.equal_range(&job);
    for (auto waiter = first; waiter != last; ++waiter) waiter->second->cancel();
}

asio::awaitable<void> Captures::conclude(JobPointer job, Result<void> outcome) {
    auto& capture = job->entry.capture;
    capture.rate = 0;
    capture.etaMs.reset();
    // Told to the backend before it is said here: whoever retries or removes it at once finds nothing of it
    // under way.
    if (!outcome && job->stopReason == StopReason::none) co_await reportFailure(job->entry, outcome.error());
    if (!outcome && job->stopReason != StopReason::none) co_return co_await stopped(job);
    capture.endedAtMs = unixMsOf(services_.now());
    if (!outcome) {
        capture.error = outcome.error();
        count(capture, State::failed);
        job->enter(State::failed);
        co_return;
    }
    capture.error.reset();
    capture.uploaded = capture.result->bytes;
    count(capture, State::done);
    job->enter(State::done);
    if (auto archived = store_.archive(job->entry); !archived) {
        warn("history", "A finished capture could not be written down, so it may be offered again: " +
                            archived.error().message);
    }
}

/// Before it is said: whoever hears of the end finds it counted.
void Captures::count(Capture capture, State end) const {
    capture.state = end;
    if (auto counted = services_.counters.ended(capture); !counted)
        services_.log.warn("the counters: {}", counted.error().message);
}

asio::awaitable<void> Captures::stopped(JobPointer job) {
    auto& capture = job->entry.capture;
    switch (job->stopReason) {
        case StopReason::cancel:
            co_await discard(job->entry);
            job->entry.lecture.clear();
            capture.uploaded = 0;
            capture.endedAtMs = unixMsOf(services_.now());
            capture.error = Error{.kind = Kind::cancelled,
                                  .message = "It was cancelled. Start it again to go on where it stopped."};
            count(capture, State::cancelled);
            job->enter(State::cancelled);
            co_return;
        case StopReason::remove:
            co_return co_await discard(job->entry);
        default:
            job->enter(State::parked);
    }
}

asio::awaitable<void> Captures::reportFailure(const Entry& entry, const Error& why) {
    auto delivery = services_.deliveryTo(entry.capture.target);
    if (!delivery || entry.lecture.empty()) co_return;
    BackendCredentials token(services_.vault, entry.capture.target.origin);
    delivery::Visit with{services_.http, token, services_.timing, {}};
    co_await (*delivery)->reportFailure(entry.lecture, why, with);
}

asio::awaitable<void> Captures::discard(const Entry& entry) {
    const auto& target = entry.capture.target;
    auto delivery = services_.deliveryTo(target);
    if (!delivery || entry.lecture.empty()) co_return;
    BackendCredentials token(services_.vault, target.origin);
    delivery::Visit with{services_.http, token, services_.timing, {}};
    co_await (*delivery)->discard(entry.lecture, with);
}

/// Returns when the transfer has stopped and the capture stands where the reason sends it.
asio::awaitable<void> Captures::stop(JobPointer job, StopReason reason) {
    if (!job->isRunning) co_return;
    job->stopReason = reason;
    asio::steady_timer ended(loop_, asio::steady_timer::time_point::max());
    auto place = awaitingStop_.emplace(job.get(), &ended);
    job->stop.request_stop();
    while (job->isRunning) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    awaitingStop_.erase(place);
}

std::vector<Entry> Captures::registeredWith(const std::string& origin) {
    auto entries = everything();
    std::erase_if(entries, [&origin](const Entry& entry) {
        const auto& capture = entry.capture;
        bool isRegistered = !entry.lecture.empty() || (capture.result && !capture.result->lecture.empty());
        return !isRegistered || capture.target.to != delivery::Target::To::backend ||
               capture.target.origin != origin;
    });
    return entries;
}

asio::awaitable<std::optional<Capture>> Captures::settled(std::string id, std::stop_token stop) {
    asio::steady_timer changed(loop_, asio::steady_timer::time_point::max());
    std::stop_callback onStop(stop, [&changed] { changed.cancel(); });
    for (auto job = find(id); job && job->isRunning && !stop.stop_requested(); job = find(id)) {
        auto place = awaitingStop_.emplace(job.get(), &changed);
        co_await changed.async_wait(asio::as_tuple(asio::use_awaitable));
        awaitingStop_.erase(place);
    }
    auto entry = remembered(id);
    if (!entry) co_return std::nullopt;
    co_return std::move(entry->capture);
}

asio::awaitable<Result<Capture>> Captures::pause(std::string id) {
    auto job = hold(id);
    if (!job) co_return std::unexpected(job.error());
    if ((*job)->isLive) {
        // What is live cannot be paused: it is captured up to here, and the rest of the work goes on.
        co_await finishLive(*job);
    } else if ((*job)->isRunning) {
        co_await stop(*job, StopReason::pause);
    }
    co_return (*job)->entry.capture;
}

bool Captures::isLive(const std::string& id) const {
    auto job = find(id);
    return job && job->isLive;
}

asio::awaitable<void> Captures::finishLive(JobPointer job) {
    asio::steady_timer ended(loop_, asio::steady_timer::time_point::max());
    auto place = awaitingStop_.emplace(job.get(), &ended);
    job->finish.request_stop();
    while (job->isLive && job->isRunning) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    awaitingStop_.erase(place);
}

asio::awaitable<Result<Capture>> Captures::cancel(std::string id) {
    if (auto earlier = remembered(id); earlier && earlier->capture.state == State::done)
        co_return earlier->capture;
    auto job = hold(id);
    if (!job) co_return std::unexpected(job.error());
    if ((*job)->isRunning) {
        co_await stop(*job, StopReason::cancel);
    } else if (!isOver((*job)->entry.capture.state)) {
        (*job)->stopReason = StopReason::cancel;
        co_await stopped(*job);
    }
    co_return (*job)->entry.capture;
}

Result<Capture> Captures::retry(const std::string& id) {
    return startAgain(id);
}

asio::awaitable<Result<Capture>> Captures::remove(std::string id) {
    auto earlier = remembered(id);
    if (!earlier) co_return unknown(id);
    if (earlier->capture.state != State::done) {
        auto job = hold(id);
        if (!job) co_return std::unexpected(job.error());
        if ((*job)->isRunning) {
            co_await stop(*job, StopReason::remove);
        } else {
            co_await discard((*job)->entry);
        }
        earlier = (*job)->entry;
    }
    if (!isOver(earlier->capture.state)) earlier->capture.state = State::cancelled;
    store_.erase(id);
    co_return earlier->capture;
}

std::optional<Entry> Captures::remembered(const std::string& id) {
    if (auto job = find(id)) return job->entry;
    return store_.find(id);
}

Result<Capture> Captures::get(const std::string& id) {
    auto entry = remembered(id);
    if (!entry) return unknown(id);
    return std::move(entry->capture);
}

std::vector<Entry> Captures::everything() {
    // What another process finishes meanwhile moves from the open ones to the history: read in this order,
    // none is missed.
    auto open = store_.open();
    std::vector<Entry> all = store_.history().all();
    std::set<std::string> seen;
    for (const auto& entry : all) seen.insert(entry.capture.id);
    for (const auto& [id, job] : jobs_) {
        if (seen.insert(id).second) all.push_back(job->entry);
    }
    for (auto& entry : open) {
        if (seen.insert(entry.capture.id).second) all.push_back(std::move(entry));
    }
    // Newest first; an id begins with its time, so it settles ties.
    std::ranges::sort(all, std::greater{}, [](const Entry& entry) {
        return std::pair(entry.capture.startedAtMs, entry.capture.id);
    });
    return all;
}

Result<Listing> Captures::list(std::optional<std::string> after, std::size_t limit) {
    auto all = everything();
    auto first = all.begin();
    if (after) {
        first = std::ranges::find(all, *after, [](const Entry& entry) { return entry.capture.id; });
        if (first == all.end())
            return badParam("/after", "There is no capture of this id to go on after. Begin the list anew.");
        ++first;
    }
    Listing listing;
    for (; first != all.end() && listing.captures.size() < limit; ++first)
        listing.captures.push_back(std::move(first->capture));
    if (first != all.end() && !listing.captures.empty()) listing.next = listing.captures.back().id;
    return listing;
}

/// The newest capture of each page that is under way or whose end nobody has seen yet. What failed or was
/// cancelled is not captured.
SiteLists::ByPage Captures::underWayByPage() {
    SiteLists::ByPage ids;
    auto note = [&ids](const Capture& capture) {
        if (capture.state == State::failed || capture.state == State::cancelled) return;
        auto& id = ids[capture.page];
        id = std::max(id, capture.id);  // an id begins with its time
    };
    for (const auto& entry : store_.open()) {
        if (!find(entry.capture.id)) note(entry.capture);
    }
    for (const auto& [id, job] : jobs_) note(job->entry.capture);
    return ids;
}

asio::awaitable<Result<SiteListing>> Captures::listSite(SiteListRequest request) {
    return lists_.list(std::move(request), ending_.get_token());
}

asio::awaitable<Result<LoginState>> Captures::checkLogin(LoginCheckRequest request) {
    return sessions_.check(std::move(request), ending_.get_token());
}

Result<std::string> Captures::fileOf(const std::string& id) {
    auto entry = remembered(id);
    if (!entry) return unknown(id);
    const auto& result = entry->capture.result;
    if (!result || result->file.empty()) {
        return fail(Kind::not_found,
                    "This capture has no file on this computer: it is not done, or went to a study backend.");
    }
    return result->file;
}

std::vector<Capture> Captures::unfinished() {
    std::vector<Capture> found;
    for (auto& entry : store_.open()) {
        auto job = find(entry.capture.id);
        auto capture = job ? job->entry.capture : std::move(entry.capture);
        if (isOver(capture.state)) continue;
        // Whoever ran it has ended, or runs it in another browser; either way it does not run here.
        if (!job) capture.state = State::parked;
        found.push_back(std::move(capture));
    }
    return found;
}

Result<void> Captures::refreshDone(const std::string& id) {
    return services_.refresh.done(id);
}

Result<std::string> Captures::refreshTrigger(const std::string& site, std::optional<std::string> origin,
                                             vault::Reason reason) {
    return sessions_.trigger(site, std::move(origin), reason);
}

Result<void> Captures::refreshFailed(const std::string& id, const std::string& why) {
    return services_.refresh.failed(id, why);
}

asio::awaitable<void> Captures::parkAll() {
    std::vector<JobPointer> running;
    for (const auto& [id, job] : jobs_) {
        if (job->isRunning) running.push_back(job);
    }
    ending_.request_stop();
    sessions_.stop();
    // All are stopped before the first one is waited for: there is half a second for all of them.
    for (const auto& job : running) {
        if (job->stopReason == StopReason::none) job->stopReason = StopReason::park;
        job->stop.request_stop();
    }
    for (const auto& job : running) co_await stop(job, job->stopReason);
}

void Captures::logState(const Capture& capture) const {
    if (capture.state == State::failed && capture.error) {
        services_.log.warn("capture {} failed: {} ({})", capture.id, word(capture.error->kind),
                           capture.error->message);
    } else {
        services_.log.info("capture {} of {} is {}", capture.id, capture.site, word(capture.state));
    }
}

void Captures::warn(std::string_view kind, std::string_view message) const {
    if (events_.warning) events_.warning(kind, message);
}

}  // namespace auricle::capture
