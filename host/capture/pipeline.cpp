#include "capture/pipeline.h"

#include <fcntl.h>

#include "system/files.h"
#include "system/worker.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

constexpr unsigned mostRefreshesInVain = 2;  // SAFETY "When a session has ended"
constexpr std::chrono::seconds lookForRoomEvery{10};
constexpr std::chrono::milliseconds progressEvery{200};  // PROTOCOL section 4: at most 5 a second
constexpr std::uint64_t roomToGoOn = 64u << 20;  // bytes: with less, the next part would stop again at once

Error notTheSound(std::string what) {
    return {.kind = Kind::not_media,
            .message = "The site sent " + std::move(what) +
                       ". Open the recording in the browser and see whether it plays."};
}

/// What a container must be to count as the sound of a lecture and nothing else.
Result<void> judge(const media::Container& container) {
    if (container.isEncrypted) {
        return fail(Kind::drm_protected,
                    "This recording is protected by DRM, which Auricle does not work around.");
    }
    if (container.hasVideo)
        return std::unexpected(notTheSound("a video where the sound alone was asked for"));
    if (!container.hasAudio) return std::unexpected(notTheSound("a file without sound"));
    return {};
}

}  // namespace

Pipeline::Pipeline(asio::any_io_executor loop, Services& services, Slots& slots, Store& store, Job& job)
    : loop_(std::move(loop)),
      services_(services),
      slots_(slots),
      store_(store),
      job_(job),
      capture_(job.entry.capture),
      site_(*services.sites.find(job.page.site)),
      credentials_(services.vault, siteKey(), services.config.sites.at(job.page.site).useCookies) {}

vault::Key Pipeline::siteKey() const {
    return {.site = job_.page.site, .origin = job_.page.origin, .store = job_.entry.capture.store};
}

asio::awaitable<Result<void>> Pipeline::run() {
    for (;;) {
        if (auto turn = co_await slots_.acquire(stop()); !turn) co_return turn;
        generation_ = services_.vault.generation(siteKey());
        auto outcome = co_await once();
        slots_.release();
        if (outcome) co_return outcome;
        if (stop().stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        if (auto recovered = co_await recover(outcome.error()); !recovered) co_return recovered;
    }
}

asio::awaitable<Result<void>> Pipeline::once() {
    if (!job_.entry.part.isWhole) {
        if (auto fetched = co_await fetch(); !fetched) co_return fetched;
    }
    auto container = co_await finish();
    if (!container) co_return std::unexpected(std::move(container.error()));
    co_return co_await deliver(*container);
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
        return judged;
    };
    auto judgeHop = [this](const net::Url& from, const net::Url& to) {
        return site_.judgeHop(job_.page, from, to);
    };
    streams::Visit with{.http = services_.http,
                        .credentials = &credentials_,
                        .timing = services_.timing,
                        .judgeHop = judgeHop,
                        .judgeHead = judgeHead,
                        .worker = services_.worker(),
                        .stop = stop()};
    streams::Way::OnProgress onProgress = [this, &way](std::uint64_t done, std::uint64_t total) {
        gotBytes(done, total);
        if (way.bytes() == 0) capture_.plan->bytes = capture_.total;
    };
    auto outcome = co_await way.fetch(with, *job_.part, onProgress);
    if (outcome) co_return outcome;
    co_await job_.part->save();
    bool isAnswer = isRefused && outcome.error().kind == Kind::forbidden;
    if (!isAnswer || stop().stop_requested()) co_return outcome;
    auto asking = visit();
    co_return std::unexpected(co_await site_.explain(job_.page, std::move(outcome.error()), asking));
}

asio::awaitable<Result<media::Container>> Pipeline::finish() {
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
    sha256_ = std::move(*sha256);
    auto file = openFile(job_.part->path(), O_RDONLY);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto container = co_await onWorker(services_.worker(),
                                       [&file] { return media::probe(media::FileSource(file->get())); });
    auto judged = container ? judge(*container) : std::unexpected(container.error());
    if (!judged) {
        // Nothing of it is worth going on from.
        forgetPart();
        co_return std::unexpected(std::move(judged.error()));
    }
    co_return container;
}

asio::awaitable<Result<void>> Pipeline::deliver(const media::Container& container) {
    job_.enter(State::uploading);
    auto progress = tellProgress(capture_.uploaded, job_.part->size());
    const auto& about = job_.entry.about;
    auto durationMs = container.durationMs ? container.durationMs : about.durationMs;
    delivery::Parcel parcel{.file = job_.part->path(),
                            .bytes = job_.part->size(),
                            .sha256 = sha256_,
                            .mime = container.mime,
                            .extension = container.extension,
                            .title = capture_.title,
                            .course = about.course,
                            .site = capture_.site,
                            .sourceUrl = capture_.page,
                            .stableId = about.stableId.empty() ? job_.page.id : about.stableId,
                            .durationMs = durationMs,
                            .idempotencyKey = "auricle-" + capture_.id,
                            .lecture = job_.entry.lecture};
    if (!about.captionLanguages.empty()) parcel.captions = [this] { return captions(); };
    BackendCredentials token(services_.vault, capture_.target.origin);
    auto delivery = services_.deliveryTo(capture_.target);
    if (!delivery) co_return std::unexpected(std::move(delivery.error()));
    delivery::Visit with{services_.http, token, services_.timing, stop()};
    std::function<void(std::uint64_t)> uploaded = [this](std::uint64_t bytes) { capture_.uploaded = bytes; };
    std::function<void(std::string)> registered = [this](std::string lecture) {
        job_.entry.lecture = std::move(lecture);
        job_.note();
    };
    auto delivered = co_await (*delivery)->deliver(parcel, with, uploaded, registered);
    if (!delivered) co_return std::unexpected(std::move(delivered.error()));
    capture_.result = Outcome{.file = delivered->file.string(),
                              .bytes = parcel.bytes,
                              .sha256 = parcel.sha256,
                              .mime = parcel.mime,
                              .durationMs = parcel.durationMs,
                              .lecture = delivered->lecture,
                              .confirmed = delivered->confirmed,
                              .created = delivered->created,
                              .captions = delivered->captions};
    co_return Result<void>{};
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
    switch (error.kind) {
        case Kind::login_required:
            co_return co_await waitForCookies(error);
        case Kind::backend_unauthorized:
            co_return co_await waitForToken(error);
        case Kind::disk_full:
            co_return co_await waitForRoom(error);
        default:
            co_return std::unexpected(error);
    }
}

asio::awaitable<Result<void>> Pipeline::waitForCookies(const Error& error) {
    const auto& config = services_.config;
    if (!config.sites.at(job_.page.site).useCookies) {
        co_return fail(Kind::login_required,
                       "This recording is not public, and the use of cookies is switched off for this site "
                       "(sites." +
                           job_.page.site + ".useCookies in the configuration).");
    }
    auto bytes = job_.part ? job_.part->size() : job_.entry.part.bytes;
    if (bytes > bytesAtRefresh_) refreshesInVain_ = 0;
    bytesAtRefresh_ = bytes;
    if (refreshesInVain_++ == mostRefreshesInVain) co_return std::unexpected(error);
    job_.enter(State::waiting_for_cookies);
    auto key = siteKey();
    std::string reason = generation_ ? "session_expired" : "missing_cookies";
    auto token = stop();
    co_return co_await services_.refresh.want(key, false, reason, services_.vault, generation_,
                                              std::chrono::milliseconds(config.captures.signInMs), token);
}

asio::awaitable<Result<void>> Pipeline::waitForToken(const Error& error) {
    if (std::exchange(askedForToken_, true)) co_return std::unexpected(error);
    vault::Key key{.site = "", .origin = capture_.target.origin, .store = ""};
    auto known = services_.vault.generation(key);
    std::string reason = known ? "session_expired" : "missing_cookies";
    auto token = stop();
    job_.enter(State::waiting_for_cookies);
    co_return co_await services_.refresh.want(key, true, reason, services_.vault, known,
                                              std::chrono::milliseconds(services_.config.refresh.deadlineMs),
                                              token);
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
    wholeBytes_ = plan.wholeBytes;
    const auto& best = *plan.ways.front();
    capture_.plan =
        PlanTaken{.how = std::string(best.how()), .bytes = best.bytes(), .wholeBytes = wholeBytes_};
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
