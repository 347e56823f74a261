#include "capture/pipeline.h"

#include <fcntl.h>

#include "system/files.h"
#include "system/worker.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

constexpr unsigned mostRefreshesInVain = 2;  // SAFETY "When a session has ended"
constexpr unsigned mostWaits = 3;            // for a site that asks to be left alone for long
constexpr std::chrono::seconds lookForRoomEvery{10};
constexpr std::chrono::minutes lookAheadEvery{3};
constexpr std::uint64_t isLongFromMs = 20 * 60'000;      // a lecture of that length is fetched in minutes
constexpr std::uint64_t isLongFromBytes = 100'000'000;   // where nobody says how long it is
constexpr std::chrono::milliseconds progressEvery{200};  // PROTOCOL section 4: at most 5 a second
constexpr std::uint64_t roomToGoOn = 64u << 20;  // bytes: with less, the next part would stop again at once

}  // namespace

Pipeline::Pipeline(asio::any_io_executor loop, Services& services, Slots& slots, Store& store, Job& job)
    : loop_(std::move(loop)),
      services_(services),
      slots_(slots),
      store_(store),
      job_(job),
      capture_(job.entry.capture),
      site_(*services.sites.find(job.page.site)),
      credentials_(siteCredentials(services.vault, siteKey(),
                                   services.config.sites.at(job.page.site).useCookies, site_.sessionCookies(),
                                   job.entry.capture.id)) {
    credentials_->withholdSpent(services.refresh);
}

vault::Key Pipeline::siteKey() const {
    return {.site = job_.page.site, .origin = job_.page.origin, .store = job_.entry.capture.store};
}

asio::awaitable<Result<void>> Pipeline::run() {
    auto outcome = co_await untilItWorks();
    if (sizing_) co_await sizing_->end();
    co_return outcome;
}

asio::awaitable<Result<void>> Pipeline::untilItWorks() {
    for (;;) {
        if (auto turn = co_await takeTurn(); !turn) co_return turn;
        generation_ = services_.vault.generation(siteKey());
        auto outcome = co_await once();
        co_await endHeadStart();
        slots_.release();
        if (outcome) co_return outcome;
        if (stop().stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        if (auto recovered = co_await recover(outcome.error()); !recovered) {
            if (!tryWithout(recovered.error())) co_return recovered;
        }
    }
}

asio::awaitable<Result<void>> Pipeline::takeTurn() {
    const auto key = siteKey();
    const auto token = stop();
    for (;;) {
        if (auto turn = co_await slots_.acquire(token); !turn) co_return turn;
        const bool usesCookies = services_.config.sites.at(key.site).useCookies && !isGuest_;
        if (!usesCookies || !services_.refresh.areSpent(key)) break;
        slots_.release();
        if (auto settled = co_await waitForRefresh(); !settled) co_return settled;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Pipeline::waitForRefresh() {
    const auto key = siteKey();
    const auto token = stop();
    job_.enter(State::waiting_for_cookies);
    co_return co_await services_.refresh.settled(key, token);
}

bool Pipeline::tryWithout(const Error& error) {
    bool mayBeShown = generation_ && site_.mayBePublic(error) && !stop().stop_requested();
    if (!mayBeShown || std::exchange(isGuest_, true)) return false;
    credentials_->useNone();
    return true;
}

asio::awaitable<Result<void>> Pipeline::once() {
    if (job_.entry.part.isWhole) {
        if (auto opened = co_await openPart(); !opened) co_return opened;
        // Gone: delivered by a process that ended before it could write that down, or taken away by somebody.
        if (job_.part->size() < job_.entry.part.bytes) forgetPart();
    }
    if (!job_.entry.part.isWhole) {
        if (auto fetched = co_await fetch(); !fetched) co_return fetched;
    }
    auto finished = co_await finish();
    if (!finished) co_return std::unexpected(std::move(finished.error()));
    // Not after the delivery: what is delivered is written down at once.
    if (sizing_) co_await sizing_->settled();
    co_return co_await deliver(*finished);
}

asio::awaitable<Result<sites::Plan>> Pipeline::resolve(std::optional<Kind> hasFailed) {
    job_.enter(State::resolving);
    // What the page gave was true when the person pressed the button: good for one time.
    auto given = std::exchange(job_.given, {});
    auto with = visit();
    with.given = &given;
    with.hasFailed = hasFailed;
    co_return co_await site_.resolve(job_.page, with);
}

asio::awaitable<Result<void>> Pipeline::fetch() {
    auto outcome = co_await fetchFirstThatWorks({});
    if (outcome || !site_.mayHaveOtherWays(outcome.error().kind)) co_return outcome;
    auto others = co_await fetchFirstThatWorks(outcome.error().kind);
    // What went wrong with the site's own offer says more than that there is nothing else.
    bool saysNothingNew =
        !others && (others.error().kind == Kind::not_media || others.error().kind == Kind::not_ready_yet);
    co_return saysNothingNew ? outcome : others;
}

asio::awaitable<Result<void>> Pipeline::fetchFirstThatWorks(std::optional<Kind> hasFailed) {
    auto plan = co_await resolve(hasFailed);
    if (!plan) co_return std::unexpected(std::move(plan.error()));
    adopt(*plan);
    learnWholeBytes(*plan);
    Result<void> outcome;
    for (const auto& way : plan->ways) {
        outcome = co_await fetch(*way);
        bool isAboutTheWay =
            !outcome && (outcome.error().kind == Kind::not_media || outcome.error().kind == Kind::not_found);
        if (!isAboutTheWay) break;
        forgetPart();
    }
    co_return outcome;
}

asio::awaitable<Result<void>> Pipeline::openPart() {
    if (job_.part) co_return Result<void>{};
    PartFile::OnSaved onSaved = [job = job_.weak_from_this()](const SavedPart& part) {
        if (auto still = job.lock()) still->saved(part);
    };
    auto opened =
        co_await PartFile::open(store_.partFile(capture_.id), job_.entry.part, services_.worker(), onSaved);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    job_.part = std::move(*opened);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Pipeline::fetch(const streams::Way& way) {
    capture_.plan = PlanTaken{.how = std::string(way.how()),
                              .bytes = way.bytes(),
                              .wholeBytes = way.wholeBytes() ? way.wholeBytes() : wholeBytes_};
    if (auto looked = co_await lookAhead(way); !looked) co_return looked;
    job_.enter(State::downloading);
    if (auto opened = co_await openPart(); !opened) co_return opened;
    gotBytes(job_.part->size(), job_.part->validator().total);
    auto progress = tellProgress(capture_.done, 0);
    // A redirect that may not be followed is forbidden too, but no answer of the site's that it could
    // explain.
    bool isRefused = false;
    net::JudgeHead judgeHead = [this, &isRefused](const net::ResponseHead& head) {
        auto judged = site_.judgeMedia(job_.page, head);
        isRefused = !judged && judged.error().kind == Kind::forbidden;
        // The site has resolved the page, and what it named is sound: its cookies are good.
        if (judged) credentials_->proved();
        return judged;
    };
    auto judgeHop = [this](const net::Url& from, const net::Url& to) {
        return site_.judgeHop(job_.page, from, to);
    };
    streams::Visit with{.http = services_.http,
                        .credentials = credentials_.get(),
                        .timing = services_.timing,
                        .judgeHop = judgeHop,
                        .judgeHead = judgeHead,
                        .worker = services_.worker(),
                        .stop = stop(),
                        .finish = job_.finish.get_token(),
                        .folder = store_.workFolder(capture_.id)};
    streams::Way::OnProgress onProgress = [this, &way](std::uint64_t done, std::uint64_t total) {
        gotBytes(done, total);
        if (way.bytes() == 0) capture_.plan->bytes = capture_.total;
    };
    ahead_ = headStart(way);
    job_.isLive = way.isLive();
    auto watch = keepLookingAhead();
    auto outcome = co_await way.fetch(with, *job_.part, onProgress);
    watch.reset();
    job_.isLive = false;
    // What is under way up there goes on beside the finishing.
    if (outcome) {
        credentials_->proved();
        co_return outcome;
    }
    co_await endHeadStart();
    co_await job_.part->save();
    bool isAnswer = isRefused && outcome.error().kind == Kind::forbidden;
    if (!isAnswer || stop().stop_requested()) co_return outcome;
    auto asking = visit();
    co_return std::unexpected(co_await site_.explain(job_.page, std::move(outcome.error()), asking));
}

asio::awaitable<Result<void>> Pipeline::lookAhead(const streams::Way& way) {
    const bool isLong =
        way.isLive() || job_.entry.about.durationMs >= isLongFromMs || way.bytes() >= isLongFromBytes;
    if (!isLong || !credentials_->given()) co_return Result<void>{};
    const auto key = siteKey();
    services_.refresh.lookAhead(key);
    const auto token = stop();
    co_return co_await services_.refresh.settled(key, token);
}

std::unique_ptr<Ticker> Pipeline::keepLookingAhead() {
    auto look = [this] {
        if (credentials_->given()) services_.refresh.lookAhead(siteKey());
    };
    return std::make_unique<Ticker>(loop_, lookAheadEvery, look);
}

std::unique_ptr<HeadStart> Pipeline::headStart(const streams::Way& way) {
    bool goesToBackend = capture_.target.to == delivery::Target::To::backend;
    if (!goesToBackend || !way.landsFinished()) return nullptr;
    HeadStart::ParcelOf describe = [this](const media::Container& container, std::uint64_t wholeBytes) {
        Finished ahead{.file = job_.part->path(), .bytes = wholeBytes, .sha256 = {}, .container = container};
        return parcelOf(ahead);
    };
    if (!delivery_) {
        auto made = services_.deliveryTo(capture_.target);
        if (!made) return nullptr;
        // Kept for what comes after: it knows what it has brought there, and how that was taken.
        delivery_ = std::move(*made);
    }
    HeadStart::Approach approach = [this]() -> asio::awaitable<void> {
        BackendCredentials token(services_.vault, capture_.target.origin, capture_.id);
        delivery::Visit with{services_.http, token, services_.timing, stop()};
        co_await delivery_->approach(with);
    };
    HeadStart::Deliver deliver = [this](const delivery::Parcel& parcel,
                                        delivery::Growing& growing) -> asio::awaitable<void> {
        BackendCredentials token(services_.vault, capture_.target.origin, capture_.id);
        delivery::Visit with{services_.http, token, services_.timing, stop()};
        auto uploaded = uploadedBytes();
        auto registered = registeredLecture();
        co_await delivery_->follow(parcel, growing, with, uploaded, registered);
    };
    return std::make_unique<HeadStart>(loop_, job_.part, services_.config.delivery.maxBytes,
                                       std::move(approach), std::move(describe), std::move(deliver));
}

asio::awaitable<void> Pipeline::endHeadStart() {
    if (ahead_) co_await ahead_->end();
    ahead_.reset();
}

asio::awaitable<Result<Finished>> Pipeline::finish() {
    job_.enter(State::finishing);
    if (auto opened = co_await openPart(); !opened) co_return std::unexpected(std::move(opened.error()));
    if (job_.part->size() < job_.entry.part.bytes) {
        forgetPart();
        co_return fail(
            Kind::internal,
            "The part file of this capture was changed by something else. Try again: it is fetched anew.",
            true);
    }
    auto sha256 = co_await job_.part->finish();
    if (!sha256) co_return std::unexpected(std::move(sha256.error()));
    // Not before all of it was safe: so the last of it is sent ahead too.
    if (ahead_) ahead_->noMoreComes();
    const auto& about = job_.entry.about;
    Raw raw{.file = job_.part->path(),
            .sha256 = std::move(*sha256),
            .tags = {.title = capture_.title,
                     .course = about.course,
                     .date = about.date,
                     .source = capture_.page},
            .isSitesOwnFile = capture_.plan && capture_.plan->how == "audio-direct",
            .plannedMs = about.durationMs,
            .maxBytes = services_.config.delivery.maxBytes,
            .folder = store_.workFolder(capture_.id)};
    FinishingTools tools{.worker = services_.worker(),
                         .ffmpeg = services_.ffmpeg,
                         .onProgress = [this](double share) { tellFinishing(share); },
                         .stop = stop()};
    auto finished = co_await finishFile(raw, tools);
    bool isWorthless = !finished && (finished.error().kind == Kind::not_media ||
                                     finished.error().kind == Kind::drm_protected);
    if (finished && finished->isOutOfVideo && capture_.plan) capture_.plan->how = "audio-from-video";
    // Nothing of it is worth going on from.
    if (isWorthless) forgetPart();
    co_return finished;
}

/// An encoding is told as the share of the file's bytes that it has come through.
void Pipeline::tellFinishing(double share) {
    capture_.total = job_.part->size();
    capture_.done =
        static_cast<std::uint64_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(capture_.total));
    if (job_.progressed) job_.progressed(job_);
}

asio::awaitable<Result<void>> Pipeline::deliver(const Finished& finished) {
    job_.enter(State::uploading);
    auto progress = tellProgress(capture_.uploaded, finished.bytes);
    co_await endHeadStart();
    auto parcel = parcelOf(finished);
    if (!job_.entry.about.captionLanguages.empty()) parcel.captions = [this] { return captions(); };
    BackendCredentials token(services_.vault, capture_.target.origin, capture_.id);
    if (!delivery_) {
        auto made = services_.deliveryTo(capture_.target);
        if (!made) co_return std::unexpected(std::move(made.error()));
        delivery_ = std::move(*made);
    }
    auto delivery = std::move(delivery_);
    delivery::Visit with{services_.http, token, services_.timing, stop()};
    auto uploaded = uploadedBytes();
    auto registered = registeredLecture();
    auto delivered = co_await delivery->deliver(parcel, with, uploaded, registered);
    if (!delivered) co_return std::unexpected(std::move(delivered.error()));
    token.proved();
    capture_.result = Outcome{.file = delivered->file.string(),
                              .bytes = parcel.bytes,
                              .sha256 = parcel.sha256,
                              .mime = parcel.mime,
                              .durationMs = parcel.durationMs,
                              .lecture = delivered->lecture,
                              .confirmed = delivered->confirmed,
                              .created = delivered->created,
                              .encodedFrom = finished.encodedFrom,
                              .captions = delivered->captions};
    co_return Result<void>{};
}

delivery::Parcel Pipeline::parcelOf(const Finished& finished) const {
    const auto& about = job_.entry.about;
    const auto& container = finished.container;
    return {.file = finished.file,
            .bytes = finished.bytes,
            .sha256 = finished.sha256,
            .mime = container.mime,
            .extension = container.extension,
            .title = capture_.title,
            .course = about.course,
            .site = capture_.site,
            .sourceUrl = capture_.page,
            .stableId = about.stableId.empty() ? job_.page.id : about.stableId,
            .durationMs = container.durationMs ? container.durationMs : about.durationMs,
            .idempotencyKey = "auricle-" + capture_.id,
            .lecture = job_.entry.lecture};
}

std::function<void(std::uint64_t)> Pipeline::uploadedBytes() {
    return [this](std::uint64_t bytes) { capture_.uploaded = bytes; };
}

std::function<void(std::string)> Pipeline::registeredLecture() {
    return [this](std::string lecture) {
        job_.entry.lecture = std::move(lecture);
        job_.note();
    };
}

asio::awaitable<std::optional<delivery::Captions>> Pipeline::captions() {
    auto with = visit();
    auto language = sites::chosenLanguage(job_.entry.about.captionLanguages, with.language);
    auto found = co_await site_.captions(job_.page, std::move(language), with);
    std::optional<delivery::Captions> captions;
    if (found) {
        captions = delivery::Captions{.language = std::move(found->language), .srt = std::move(found->srt)};
    } else if (!stop().stop_requested()) {
        services_.log.info("capture {} comes without captions: {}", capture_.id, found.error().message);
    }
    co_return captions;
}

asio::awaitable<Result<void>> Pipeline::recover(const Error& error) {
    // What was answered to a request without its cookies says nothing.
    if (credentials_->takeWithheld()) co_return co_await waitForRefresh();
    switch (error.kind) {
        case Kind::login_required:
        case Kind::cookies_missing:
            co_return co_await waitForCookies(error, vault::Reason::session_expired);
        case Kind::bot_detected:
            if (isGuest_) co_return std::unexpected(error);
            co_return co_await waitForCookies(error, vault::Reason::bot_detection);
        case Kind::rate_limited:
            co_return co_await waitOut(error);
        case Kind::backend_unauthorized:
            co_return co_await waitForToken(error);
        case Kind::disk_full:
            co_return co_await waitForRoom(error);
        default:
            co_return std::unexpected(error);
    }
}

asio::awaitable<Result<void>> Pipeline::waitForCookies(const Error& error, vault::Reason reason) {
    const auto& config = services_.config;
    const auto key = siteKey();
    const auto token = stop();
    const bool usesCookies = config.sites.at(job_.page.site).useCookies;
    if (!usesCookies && error.kind == Kind::bot_detected) co_return std::unexpected(error);
    if (!usesCookies) {
        co_return fail(Kind::login_required,
                       "This recording is not public, and the use of cookies is switched off for this site "
                       "(sites." +
                           job_.page.site + ".useCookies in the configuration).");
    }
    // Where others came while it ran, what counts is which its last request was given.
    const bool hasChanged = services_.vault.generation(key) != generation_;
    const auto used = hasChanged && credentials_->given() ? credentials_->given() : generation_;
    vault::Wish wish{.key = key,
                     .reason = used ? reason : vault::Reason::missing_cookies,
                     .known = used,
                     .patience = std::chrono::milliseconds(config.captures.signInMs)};
    if (services_.refresh.takeOther(wish)) co_return Result<void>{};
    auto bytes = job_.part ? job_.part->size() : job_.entry.part.bytes;
    if (bytes > bytesAtRefresh_) refreshesInVain_ = 0;
    bytesAtRefresh_ = bytes;
    if (refreshesInVain_++ == mostRefreshesInVain) co_return std::unexpected(error);
    job_.enter(State::waiting_for_cookies);
    auto refreshed = co_await services_.refresh.want(std::move(wish), token);
    // Nobody came to help: what stands in the way says more than that.
    bool isInVain = !refreshed && refreshed.error().kind == Kind::login_required;
    bool saysMore = error.kind == Kind::bot_detected || error.kind == Kind::cookies_missing;
    co_return isInVain&& saysMore ? std::unexpected(error) : refreshed;
}

asio::awaitable<Result<void>> Pipeline::waitForToken(const Error& error) {
    if (std::exchange(askedForToken_, true)) co_return std::unexpected(error);
    vault::Key key{.site = "", .origin = capture_.target.origin, .store = ""};
    auto known = services_.vault.generation(key);
    vault::Wish wish{.key = key,
                     .isBearer = true,
                     .reason = known ? vault::Reason::session_expired : vault::Reason::missing_cookies,
                     .known = known,
                     .patience = std::chrono::milliseconds(services_.config.refresh.deadlineMs)};
    auto token = stop();
    job_.enter(State::waiting_for_cookies);
    co_return co_await services_.refresh.want(std::move(wish), token);
}

asio::awaitable<Result<void>> Pipeline::waitOut(const Error& error) {
    bool isWorthIt = error.retryAfterMs && !error.retryable && waits_++ < mostWaits;
    if (!isWorthIt) co_return std::unexpected(error);
    capture_.error = error;
    job_.enter(State::parked);
    std::chrono::milliseconds pause(*error.retryAfterMs);
    if (auto slept = co_await services_.timing.sleep(pause, stop()); !slept) co_return slept;
    capture_.error.reset();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Pipeline::waitForRoom(const Error& error) {
    capture_.error = error;
    job_.enter(State::parked);
    for (;;) {
        if (auto slept = co_await services_.timing.sleep(lookForRoomEvery, stop()); !slept) co_return slept;
        auto room = freeBytes(store_.partFile(capture_.id).parent_path());
        if (room && *room > roomToGoOn) break;
    }
    capture_.error.reset();
    co_return Result<void>{};
}

void Pipeline::adopt(const sites::Plan& plan) {
    job_.entry.about = plan.about;
    if (!job_.entry.hasOwnTitle && !plan.about.title.empty()) capture_.title = plan.about.title;
    if (plan.wholeBytes) wholeBytes_ = plan.wholeBytes;
    const auto& best = *plan.ways.front();
    capture_.plan =
        PlanTaken{.how = std::string(best.how()), .bytes = best.bytes(), .wholeBytes = wholeBytes_};
}

void Pipeline::learnWholeBytes(const sites::Plan& plan) {
    if (!plan.askWholeBytes || wholeBytes_ || sizing_) return;
    sizing_ = std::make_unique<Beside>(loop_, stop());
    sizing_->start(tellWholeBytes(plan.askWholeBytes));
}

asio::awaitable<void> Pipeline::tellWholeBytes(decltype(sites::Plan::askWholeBytes) ask) {
    auto with = visit();
    with.stop = sizing_->token();
    wholeBytes_ = co_await ask(with);
    if (capture_.plan && capture_.plan->wholeBytes == 0) capture_.plan->wholeBytes = wholeBytes_;
}

void Pipeline::gotBytes(std::uint64_t done, std::uint64_t total) {
    capture_.done = done;
    capture_.total = total ? std::max(total, done) : 0;
}

std::unique_ptr<Ticker> Pipeline::tellProgress(const std::uint64_t& bytes, std::uint64_t total) {
    Meter meter;
    meter.start(bytes, Meter::Clock::now());
    auto tick = [this, &bytes, total, meter, told = std::pair(bytes, std::uint64_t(0))]() mutable {
        meter.update(bytes, Meter::Clock::now());
        capture_.rate = meter.rate();
        capture_.etaMs = meter.etaMs(total ? total : capture_.total);
        // A transfer that stands still says so while its rate sinks, and then no more.
        auto now = std::pair(bytes, capture_.rate);
        if (std::exchange(told, now) != now && job_.progressed) job_.progressed(job_);
    };
    return std::make_unique<Ticker>(loop_, progressEvery, tick);
}

void Pipeline::forgetPart() {
    if (job_.part) job_.part->abandon();
    job_.part.reset();
    store_.erasePart(capture_.id);
    job_.entry.part = {};
    capture_.done = capture_.total = 0;
    job_.note();
}

}  // namespace auricle::capture
