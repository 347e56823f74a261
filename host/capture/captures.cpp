#include "capture/captures.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <random>
#include <set>

#include "capture/mubi_credentials.h"
#include "capture/pipeline.h"
#include "delivery/backend_address.h"
#include "delivery/file_name.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

std::unexpected<Error> unknown(const std::string& id) {
    return fail(Kind::unknown_capture, "There is no capture " + id.substr(0, 64) +
                                           ". It may have been removed; see the list of captures.");
}

std::unexpected<Error> badParam(std::string path, std::string message) {
    return std::unexpected(
        Error{.kind = Kind::bad_params, .message = std::move(message), .path = std::move(path)});
}

/// Sorts by time and cannot be guessed: a part file's name tells nothing and collides with none.
std::string newId(std::int64_t nowMs) {
    std::random_device device;
    char text[32];
    std::snprintf(text, sizeof text, "%011llx%08x%08x", static_cast<unsigned long long>(nowMs), device(),
                  device());
    return text;
}

std::unexpected<Error> cookiesAreOff(std::string_view what, const std::string& site) {
    return fail(Kind::login_required, std::string(what) +
                                          " is not public, and the use of cookies is switched off for this "
                                          "site (sites." +
                                          site + ".useCookies in the configuration).");
}

/// Of the cookies that are there for a site, and perhaps an origin: the latest first.
std::vector<vault::Key> keysOf(std::vector<vault::EntryStatus> entries, const std::string& site,
                               const std::optional<std::string>& origin) {
    std::erase_if(entries, [&](const vault::EntryStatus& entry) {
        return entry.slot != "active" || entry.key.site != site || (origin && entry.key.origin != *origin);
    });
    std::ranges::sort(entries, std::greater{}, &vault::EntryStatus::putAtMs);
    std::vector<vault::Key> keys;
    for (auto& entry : entries) keys.push_back(std::move(entry.key));
    return keys;
}

constexpr std::int64_t msPerDay = 86'400'000;

std::int64_t unixMsOf(std::chrono::system_clock::time_point instant) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

/// Unix time, ms: of the first cookie of the sign-in that ends.
std::optional<std::int64_t> cookieExpiry(const vault::Vault& vault, const vault::Key& key) {
    auto entry = vault.status(key);
    return entry ? entry->expiresAtMs : std::nullopt;
}

/// A stream's address that cannot be one is a mistake of the extension's: it is told, not passed over.
Result<sites::PageMedia> givenBy(const StartRequest& request) {
    sites::PageMedia given{.delivery = request.mediaDelivery.value_or(""), .stream = {}};
    if (!request.mediaUrl) return given;
    auto url = net::Url::parse(*request.mediaUrl);
    if (!url) return badParam("/media/url", url.error().message);
    given.stream = std::move(*url);
    return given;
}

}  // namespace

Captures::Captures(asio::any_io_executor loop, Services services, Store store)
    : loop_(std::move(loop)),
      services_(std::move(services)),
      store_(std::move(store)),
      slots_(services_.config.captures.atOnce),
      monitor_(loop_, monitorParts()) {
    services_.vault.onPut([this](const vault::PutOutcome& outcome) {
        services_.refresh.put(outcome);
        sessionCame(outcome);
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

Result<Entry> Captures::entryFor(const StartRequest& request, sites::Page& page) const {
    auto url = net::Url::parse(request.page);
    if (!url) return badParam("/page", url.error().message);
    auto recognised = services_.sites.recognise(*url);
    auto* direct = request.mayBeAnything ? services_.sites.find("direct") : nullptr;
    if (!recognised && direct) recognised = direct->recognise(*url);
    if (!recognised) {
        return fail(
            Kind::unsupported_site,
            "Auricle does not know this page. Open the recording itself (a Panopto page has Viewer.aspx or "
            "Embed.aspx in its address, a film of MUBI's has /films/); a Panopto under a name of the "
            "university's own is named in sites.panopto.hosts.");
    }
    page = std::move(*recognised);
    auto target = request.target.value_or(delivery::Target{});
    if (auto judged = delivery::judgeSubfolder(target.subfolder); !judged)
        return std::unexpected(judged.error());
    if (target.to == delivery::Target::To::backend) {
        auto origin = delivery::judgeBackend(target.origin, services_.config.backends);
        if (!origin) return std::unexpected(origin.error());
        target.origin = origin->origin();
    }
    auto nowMs = unixMsOf(services_.now());
    Entry entry;
    auto& capture = entry.capture;
    capture.id = newId(nowMs);
    capture.key = request.key.value_or(capture.id);
    // The query of a bare address may be a key to it; a page's own is none.
    capture.page = page.site == "direct" ? page.url.safeText() : page.url.text();
    capture.site = page.site;
    capture.title = request.title.value_or("");
    capture.startedAtMs = nowMs;
    capture.store = request.store;
    capture.target = std::move(target);
    entry.hasOwnTitle = !capture.title.empty();
    return entry;
}

Result<Capture> Captures::start(const StartRequest& request) {
    sites::Page page;
    auto entry = entryFor(request, page);
    if (!entry) return std::unexpected(entry.error());
    auto given = givenBy(request);
    if (!given) return std::unexpected(given.error());
    if (request.key) {
        for (const auto& [id, job] : jobs_) {
            if (job->entry.capture.key == *request.key)
                return startAgain(id, std::move(*given), std::move(page));
        }
        if (auto earlier = store_.findByKey(*request.key))
            return startAgain(earlier->capture.id, std::move(*given), std::move(page));
    }
    if (!std::exchange(hasTidied_, true)) {
        store_.eraseOlderThan(entry->capture.startedAtMs -
                              services_.config.captures.keepPartsDays * msPerDay);
    }
    auto journal = store_.create(*entry);
    if (!journal) return std::unexpected(journal.error());
    auto job = adopt(std::move(*entry), std::move(*journal), std::move(page));
    job->given = std::move(*given);
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
    sites::Page page;
    auto entry = entryFor(request, page);
    if (!entry) co_return std::unexpected(std::move(entry.error()));
    vault::Key key{.site = page.site, .origin = page.origin, .store = request.store};
    auto credentials = siteCredentials(services_.vault, key, services_.config.sites.at(page.site).useCookies,
                                       services_.sites.find(page.site)->sessionCookies());
    sites::Visit visit{.http = services_.http,
                       .credentials = *credentials,
                       .timing = services_.timing,
                       .stop = stop,
                       .worker = services_.worker(),
                       .wantsEveryWay = true,
                       .folder = store_.workFolder(entry->capture.id)};
    auto plan = co_await services_.sites.find(page.site)->resolve(page, visit);
    store_.erasePart(entry->capture.id);
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
        const auto* site = services_.sites.find(job->page.site);
        SessionMonitor::Use use;
        if (site->hasHeartbeat())
            use = monitor_.use({job->page.site, job->page.origin, job->entry.capture.store});
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
std::map<std::string, std::string> Captures::underWayByPage() {
    std::map<std::string, std::string> ids;
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

SiteListing Captures::marked(sites::Items items) {
    SiteListing listing{.items = {}, .total = items.total, .next = items.next};
    // What another process finishes meanwhile moves from the open ones to the history: read in this order,
    // none is missed.
    auto underWay = underWayByPage();
    for (auto& item : items.items) {
        std::optional<std::string> captured;
        if (auto running = underWay.find(item.page); running != underWay.end()) {
            captured = running->second;
        } else if (auto done = store_.history().byPage(item.page)) {
            captured = done->capture.id;
        }
        listing.items.push_back({std::move(item), std::move(captured)});
    }
    return listing;
}

asio::awaitable<Result<SiteListing>> Captures::listSite(SiteListRequest request) {
    auto page = services_.sites.recogniseList(request.page);
    if (!page) co_return badParam("/page", page.error().message);
    if (!*page) {
        co_return fail(Kind::unsupported_site,
                       "Auricle knows no list of recordings at this address. Open a folder, “Shared with Me” "
                       "or a playlist at Panopto.");
    }
    // One list at a time: whoever asks for many is served in turn, and the site is asked politely.
    auto stop = ending_.get_token();
    if (auto turn = co_await listTurns_.acquire(stop); !turn) co_return std::unexpected(turn.error());
    auto& site = *services_.sites.find((*page)->site);
    bool useCookies = services_.config.sites.at((*page)->site).useCookies;
    vault::Key key{.site = (*page)->site, .origin = (*page)->origin, .store = request.store};
    auto credentials = siteCredentials(services_.vault, key, useCookies);
    sites::Visit with{services_.http, *credentials, services_.timing, stop};
    auto items = co_await site.list(std::move(**page), request.range, with);
    listTurns_.release();
    if (items) co_return marked(std::move(*items));
    if (items.error().kind == Kind::login_required && !useCookies)
        co_return cookiesAreOff("This list", key.site);
    co_return std::unexpected(std::move(items.error()));
}

SessionMonitor::Parts Captures::monitorParts() {
    SessionMonitor::Parts parts;
    parts.ask = [this](vault::Key key, std::stop_token stop) { return askLogin(std::move(key), stop); };
    parts.generation = [this](const vault::Key& key) { return services_.vault.generation(key); };
    parts.renew = [this](vault::Key key, std::string reason, std::optional<std::uint64_t> known,
                         std::stop_token stop) {
        return renewSession(std::move(key), std::move(reason), known, stop);
    };
    parts.tell = [this](const vault::Key& key, const Result<sites::Login>& login) {
        tellOfLogin(key, login);
    };
    parts.timing = services_.timing;
    parts.now = services_.now;
    parts.every = std::chrono::milliseconds(services_.config.mubi.heartbeatMs);
    return parts;
}

asio::awaitable<Result<sites::Login>> Captures::askLogin(vault::Key key, std::stop_token stop) {
    auto useCookies = services_.config.sites.at(key.site).useCookies;
    auto credentials = siteCredentials(services_.vault, key, useCookies);
    sites::Visit with{services_.http, *credentials, services_.timing, stop};
    auto login = co_await services_.sites.find(key.site)->checkLogin(key.origin, with);
    if (!login) co_return login;
    credentials->proved();
    for (auto expiry : {cookieExpiry(services_.vault, key), tokenExpiry(services_.vault, key)}) {
        if (expiry) login->expiresAtMs = std::min(login->expiresAtMs.value_or(*expiry), *expiry);
    }
    co_return login;
}

asio::awaitable<Result<void>> Captures::renewSession(vault::Key key, std::string reason,
                                                     std::optional<std::uint64_t> known,
                                                     std::stop_token stop) {
    // One that still holds is worth a question, and no person's time.
    std::chrono::milliseconds patience(reason == "stale" ? services_.config.refresh.deadlineMs
                                                         : services_.config.captures.signInMs);
    vault::Wish wish{.key = std::move(key),
                     .reason = vault::reasonOf(reason).value_or(vault::Reason::session_expired),
                     .known = known,
                     .patience = patience};
    co_return co_await services_.refresh.want(std::move(wish), stop);
}

void Captures::tellOfLogin(const vault::Key& key, const Result<sites::Login>& login) const {
    if (!login) {
        services_.log.info("the session at {} was asked after: {}", key.origin, login.error().message);
        return;
    }
    auto madeOf = siteCredentials(services_.vault, key, true)->madeOf();
    services_.log.info("the session at {} is good{}{}", key.origin, madeOf.empty() ? "" : ", of ", madeOf);
}

/// Only where somebody could be asked for a better one.
void Captures::sessionCame(const vault::PutOutcome& outcome) {
    const auto* site = outcome.isBearer ? nullptr : services_.sites.find(outcome.key.site);
    if (events_.refreshWanted && site && site->hasHeartbeat()) monitor_.look(outcome.key);
}

asio::awaitable<Result<LoginState>> Captures::checkLogin(LoginCheckRequest request) {
    auto url = net::Url::parse(request.origin);
    if (!url) co_return badParam("/origin", url.error().message);
    if (!services_.sites.find(request.site)) {
        co_return fail(Kind::unsupported_site,
                       "This site is not one that Auricle may use here. See `auricle config`.");
    }
    vault::Key key{.site = request.site, .origin = url->origin(), .store = request.store};
    auto stop = ending_.get_token();
    auto login = co_await askLogin(std::move(key), stop);
    LoginState state{.isLoggedIn = login.has_value(), .login = {}, .checkedAtMs = unixMsOf(services_.now())};
    if (login) {
        state.login = std::move(*login);
        co_return state;
    }
    bool isAnswer = login.error().kind == Kind::login_required || login.error().kind == Kind::cookies_missing;
    if (!isAnswer) co_return std::unexpected(std::move(login.error()));
    co_return state;
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
    if (!services_.sites.find(site)) return badParam("/site", "There is no site of this name.");
    if (origin) {
        auto url = net::Url::parse(*origin);
        if (!url) return badParam("/origin", url.error().message);
        origin = url->origin();
    }
    auto keys = keysOf(services_.vault.status(), site, origin);
    if (keys.empty() && origin) keys.push_back({.site = site, .origin = *origin, .store = ""});
    const bool isOneOrigin =
        std::ranges::adjacent_find(keys, std::not_equal_to{}, &vault::Key::origin) == keys.end();
    if (keys.empty() || !isOneOrigin) {
        return badParam("/origin", "Say whose cookies, such as https://uni.hosted.panopto.com.");
    }
    auto triggered = services_.refresh.trigger(keys.front(), reason);
    if (!triggered) return std::unexpected(std::move(triggered.error()));
    return std::to_string(*triggered);
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
    monitor_.stop();
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
