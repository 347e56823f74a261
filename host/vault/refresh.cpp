#include "vault/refresh.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <random>
#include <utility>

#include "system/boot_clock.h"

namespace auricle::vault {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds lookAheadAgainAfter{30 * 60'000};
/// Secrets that a refresh has brought and that fail within this time were none.
constexpr milliseconds provesItselfWithin{5 * 60'000};
/// Answers to what is over still come in, for so long at most.
constexpr milliseconds rememberedFor{60'000};
/// Between one of those that waited and the next, when they go on.
constexpr milliseconds gap{20};

/// What the extension says when only a person can change it: to ask again would be to pester.
constexpr std::array<std::string_view, 5> needsPerson{"login_required", "no_access", "no_consent", "no_token",
                                                      "no_handler"};

/// Nobody stands still for want of these: the same cookies again are an answer, if no refresh.
bool isWeak(Reason reason) {
    return reason == Reason::stale || reason == Reason::manual_trigger;
}

std::string keyText(const Key& key) {
    return key.site + '\n' + key.origin + '\n' + key.store;
}

/// A trigger may not know the store.
bool isFor(const Key& wanted, const Key& put) {
    return wanted.site == put.site && wanted.origin == put.origin &&
           (wanted.store == put.store || wanted.store.empty());
}

std::string minutesOf(milliseconds time) {
    const auto minutes = std::max<std::int64_t>(1, (time.count() + 59'999) / 60'000);
    return std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes");
}

Error tooOften(const Key& key, milliseconds wait) {
    return {.kind = Kind::rate_limited,
            .message = "Newer cookies for " + key.origin +
                       " were asked for as often as refresh.perHour allows. Try again in " + minutesOf(wait) +
                       ".",
            .retryable = true,
            .retryAfterMs = wait.count()};
}

Error tooOftenInVain(const Key& key, milliseconds wait) {
    return {.kind = Kind::rate_limited,
            .message = "Newer cookies for " + key.origin +
                       " were asked for several times in vain. Sign in there in the browser; it is asked "
                       "again in " +
                       minutesOf(wait) + ".",
            .retryable = true,
            .retryAfterMs = wait.count()};
}

}  // namespace

RefreshTiming realRefreshTiming() {
    auto generator = std::make_shared<std::mt19937_64>(std::random_device{}());
    return {.now = bootTime,
            .chance = [generator] { return std::uniform_real_distribution<>()(*generator); }};
}

struct Refresh::Waiter {
    asio::steady_timer bell;
    Wish wish;
    Until until;
    Instant patienceEnds{0};
    std::optional<Instant> goesOnAt{};
    std::optional<Result<void>> verdict{};

    void say(Result<void> what) {
        verdict = std::move(what);
        bell.cancel();
    }
};

struct Refresh::Case {
    TokenBucket bucket;
    Circuit circuit;
    std::optional<JobId> job{};  ///< the refresh that is under way
    Wish wish{};                 ///< why it is
    Instant begunAt{0};
    Instant due{0};          ///< when its first attempt may be
    std::string attempt{};   ///< the id of its latest attempt; empty: nobody was asked yet
    Instant deadline{0};     ///< of that attempt
    bool wasInVain = false;  ///< the latest refresh has brought nothing
    std::optional<std::uint64_t> spent{}, brought{}, lookedAhead{};  ///< generations
    Instant broughtAt{0}, lookedAheadAt{0}, endedAt{0};
    std::vector<Waiter*> waiters{};
};

Refresh::Refresh(asio::any_io_executor loop, Vault& vault, RefreshRules rules, RefreshTiming timing)
    : loop_(std::move(loop)),
      vault_(vault),
      rules_(rules),
      timing_(std::move(timing)),
      began_(timing_.now()),
      queue_({.lock = rules.deadline}),
      alarm_(loop_) {}

Refresh::~Refresh() = default;

Instant Refresh::now() const {
    return std::chrono::duration_cast<milliseconds>(timing_.now() - began_);
}

Refresh::Case& Refresh::caseOf(const Key& key) {
    if (auto found = cases_.find(key); found != cases_.end()) return found->second;
    Case fresh{.bucket = TokenBucket(std::max(rules_.perHour, 1u), std::max(rules_.burst, 1u)),
               .circuit = Circuit(rules_.circuit)};
    return cases_.emplace(key, std::move(fresh)).first->second;
}

bool Refresh::hasOtherThan(std::optional<std::uint64_t> known, const Key& key) const {
    const auto there = vault_.generation(key);
    return there && there != known;
}

bool Refresh::takeOther(const Wish& wish) {
    if (hasOtherThan(wish.known, wish.key)) return true;
    noteFailing(wish, caseOf(wish.key));
    // The newer ones were no good: the previous ones may still be.
    const bool isOfSession = wish.reason == Reason::session_expired || wish.reason == Reason::bot_detection;
    return isOfSession && vault_.fallBack(wish.key);
}

asio::awaitable<Result<void>> Refresh::want(Wish wish, std::stop_token stop) {
    if (takeOther(wish)) co_return Result<void>{};
    auto& about = caseOf(wish.key);
    if (!ask_ || (!wish.isBearer && rules_.perHour == 0)) co_return std::unexpected(inVain(wish));
    // Who comes while others wait for the person already waits with them.
    const bool personWasAsked = about.wasInVain && !about.waiters.empty();
    const bool mayAsk = wish.isBearer || (!personWasAsked && !about.circuit.isOpen(now()));
    if (!about.job && mayAsk) begin(wish, about);
    co_return co_await wait(std::move(wish), Until::refreshed, stop);
}

Result<JobId> Refresh::trigger(const Key& key, Reason reason) {
    const Wish wish{
        .key = key, .isBearer = key.site.empty(), .reason = reason, .known = vault_.generation(key)};
    if (!ask_ || (!wish.isBearer && rules_.perHour == 0)) return std::unexpected(inVain(wish));
    auto& about = caseOf(key);
    if (about.job) {
        // The pause between two attempts is for us, not for a person who asks.
        const bool wasAsked = !about.attempt.empty();
        if (wasAsked && reason == Reason::manual_trigger && queue_.promote(*about.job)) turn();
        return *about.job;
    }
    if (auto may = mayBegin(key, about); !may) return std::unexpected(may.error());
    return begin(wish, about);
}

asio::awaitable<Result<void>> Refresh::refreshed(Key key, Reason reason, std::stop_token stop) {
    const auto known = vault_.generation(key);
    auto triggered = trigger(key, reason);
    if (!triggered) co_return std::unexpected(std::move(triggered.error()));
    Wish wish{.key = key, .isBearer = key.site.empty(), .reason = reason, .known = known};
    co_return co_await wait(std::move(wish), Until::jobEnds, stop);
}

void Refresh::lookAhead(const Key& key) {
    if (!ask_ || rules_.perHour == 0) return;
    const auto entry = vault_.status(key);
    if (!entry || (entry->freshness != "stale" && entry->freshness != "expired")) return;
    auto& about = caseOf(key);
    const bool wasLooked =
        about.lookedAhead == entry->generation && now() - about.lookedAheadAt < lookAheadAgainAfter;
    // One is kept back for a session that has really ended.
    const bool isDear = about.bucket.wait(now(), 2).count() > 0;
    if (about.job || wasLooked || isDear || about.circuit.isOpen(now())) return;
    about.lookedAhead = entry->generation;
    about.lookedAheadAt = now();
    const Wish wish{.key = key, .reason = Reason::stale, .known = entry->generation};
    begin(wish, about);
}

asio::awaitable<Result<void>> Refresh::settled(Key key, std::stop_token stop) {
    const auto found = cases_.find(key);
    if (found == cases_.end() || !found->second.job) co_return Result<void>{};
    Wish wish{.key = std::move(key)};
    co_return co_await wait(std::move(wish), Until::nothingIsUnderWay, stop);
}

bool Refresh::areSpent(const Key& key) const {
    const auto found = cases_.find(key);
    return found != cases_.end() && found->second.job && found->second.spent &&
           found->second.spent == vault_.generation(key);
}

Result<void> Refresh::mayBegin(const Key& key, const Case& about) const {
    if (const auto rest = about.circuit.rest(now()); rest.count() > 0)
        return std::unexpected(tooOftenInVain(key, rest));
    const auto pause = about.bucket.wait(now());
    if (!key.site.empty() && pause.count() > 0) return std::unexpected(tooOften(key, pause));
    return {};
}

/// Where it may not be at once, it is as soon as it may.
JobId Refresh::begin(const Wish& wish, Case& about) {
    JobOptions options{.attempts = wish.isBearer || isWeak(wish.reason) ? 1 : rules_.attempts,
                       .backoff = rules_.backoff,
                       .jitter = rules_.jitter};
    if (!wish.isBearer) {
        options.delay = about.bucket.wait(now());
        about.bucket.take(now());
    }
    about.wish = wish;
    about.begunAt = now();
    about.due = now() + options.delay;
    about.attempt.clear();
    const JobId id = queue_.add(keyText(wish.key), options, now());
    about.job = id;
    if (options.delay.count() > 0) tell("refresh.delayed", wish.key, "in " + minutesOf(options.delay));
    turn();
    return id;
}

/// What has failed is of no use to others either, as long as an answer is awaited.
void Refresh::noteFailing(const Wish& wish, Case& about) {
    if (wish.reason == Reason::session_expired) about.spent = wish.known;
    if (!wish.known || about.brought != wish.known) return;
    about.brought.reset();
    if (now() - about.broughtAt < provesItselfWithin) {
        about.circuit.failed(now());
    } else {
        about.circuit.succeeded();
    }
}

asio::awaitable<Result<void>> Refresh::wait(Wish wish, Until until, std::stop_token stop) {
    const Key key = wish.key;
    Waiter waiter{.bell = asio::steady_timer(loop_, asio::steady_timer::time_point::max()),
                  .wish = std::move(wish),
                  .until = until};
    waiter.patienceEnds = now() + waiter.wish.patience;
    auto& about = caseOf(key);
    const bool waitsForJob = until == Until::jobEnds || waiter.wish.isBearer;
    // It may have been over as soon as it was begun.
    if (hasOtherThan(waiter.wish.known, key) && until != Until::nothingIsUnderWay) co_return Result<void>{};
    if (waitsForJob && !about.job) co_return std::unexpected(inVain(waiter.wish));
    about.waiters.push_back(&waiter);
    setAlarm();
    {
        std::stop_callback onStop(stop, [&waiter] { waiter.bell.cancel(); });
        while (!waiter.verdict && !stop.stop_requested()) {
            co_await waiter.bell.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
    leave(key, waiter);
    if (waiter.verdict) co_return *waiter.verdict;
    co_return fail(Kind::cancelled, "It was stopped.");
}

/// A refresh that nobody was asked for yet, and that nobody waits for any more, is none.
void Refresh::leave(const Key& key, Waiter& waiter) {
    auto& about = caseOf(key);
    std::erase(about.waiters, &waiter);
    about.endedAt = now();
    const bool isWantedByNobody = about.waiters.empty() && about.job && about.attempt.empty();
    if (isWantedByNobody && !isWeak(about.wish.reason)) dropUnasked(about);
}

void Refresh::dropUnasked(Case& about) {
    if (!queue_.remove(*about.job, now())) return;
    about.job.reset();
    if (!about.wish.isBearer) about.bucket.giveBack();
}

void Refresh::put(const PutOutcome& outcome) {
    if (!outcome.isChanged) return;
    for (auto& [key, about] : cases_) {
        if (!isFor(key, outcome.key)) continue;
        about.brought = outcome.generation;
        about.broughtAt = now();
        if (about.job && about.attempt.empty()) dropUnasked(about);
        if (about.job) {
            const bool wasAnswer = queue_.complete(*about.job, about.attempt, now());
            // Between two attempts: the person has signed in, say.
            if (!wasAnswer) queue_.remove(*about.job, now());
            ended(key, about, true, wasAnswer ? "newer" : "newer, unasked");
        } else {
            about.wasInVain = false;
            rouse(about, true);
        }
    }
    turn();
}

Result<void> Refresh::done(std::string_view id) {
    const auto found = byAttempt(id);
    if (found == cases_.end()) {
        return std::unexpected(
            Error{.kind = Kind::bad_params, .message = "No refresh of this id is under way.", .path = "/id"});
    }
    auto& [key, about] = *found;
    if (!about.job) return {};
    const auto entry = vault_.status(key);
    const bool wasProlonged = about.wish.reason == Reason::stale && entry && entry->freshness == "fresh";
    if (wasProlonged && queue_.complete(*about.job, about.attempt, now())) {
        ended(key, about, true, "prolonged");
    } else {
        giveUp(key, about, "identical", isWeak(about.wish.reason));
    }
    turn();
    return {};
}

Result<void> Refresh::failed(std::string_view id, std::string_view why) {
    const auto found = byAttempt(id);
    if (found == cases_.end() || !found->second.job) {
        return std::unexpected(
            Error{.kind = Kind::bad_params, .message = "No refresh of this id is under way.", .path = "/id"});
    }
    const auto known = std::ranges::find(needsPerson, why);
    const bool isFinal = known != needsPerson.end();
    giveUp(found->first, found->second, isFinal ? *known : "not_now", isFinal);
    turn();
    return {};
}

Refresh::Cases::iterator Refresh::byAttempt(std::string_view id) {
    return std::ranges::find_if(cases_,
                                [&](const auto& item) { return !id.empty() && item.second.attempt == id; });
}

void Refresh::turn() {
    tidy();
    sweep();
    askNext();
    // What has just been begun is looked after from now on.
    sweep();
    wakeWhoeverIsDue();
    setAlarm();
}

void Refresh::askNext() {
    while (queue_.counts().active < rules_.atOnce) {
        const std::string id = "r" + std::to_string(lastAttempt_ + 1);
        const auto taken = queue_.take(id, now());
        if (!taken) return;
        ++lastAttempt_;
        const auto found =
            std::ranges::find_if(cases_, [&](const auto& item) { return item.second.job == taken->id; });
        auto& [key, about] = *found;
        about.attempt = id;
        about.deadline = now() + rules_.deadline;
        if (taken->hasStalledTooOften || !ask_) {
            giveUp(key, about, "unanswered", true);
            continue;
        }
        tell("refresh.wanted", key, std::string(word(about.wish.reason)));
        const Wanted wanted{.id = id,
                            .isBearer = about.wish.isBearer,
                            .key = key,
                            .reason = about.wish.reason,
                            .attempt = taken->start};
        ask_(wanted);
    }
}

void Refresh::sweep() {
    for (const JobId id : queue_.sweep(now())) {
        for (const auto& [key, about] : cases_) {
            if (about.job == id) tell("refresh.unanswered", key, "attempt " + about.attempt);
        }
    }
}

void Refresh::giveUp(const Key& key, Case& about, std::string_view why, bool isFinal) {
    if (!queue_.fail(*about.job, about.attempt, isFinal, timing_.chance(), now())) return;
    if (queue_.state(*about.job) == JobState::failed) return ended(key, about, false, why);
    tell("refresh.again", key, std::string(why));
}

void Refresh::ended(const Key& key, Case& about, bool isRefreshed, std::string_view how) {
    const bool wasWeak = isWeak(about.wish.reason);
    about.job.reset();
    about.spent.reset();
    about.endedAt = now();
    // Whether what has come is any good will be seen: noteFailing().
    if (!isRefreshed && !wasWeak && !about.wish.isBearer) about.circuit.failed(now());
    about.wasInVain = !isRefreshed && !wasWeak;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - about.begunAt);
    tell(isRefreshed ? "refresh.done" : "refresh.failed", key,
         std::string(how) + " after " + std::to_string(took.count()) + " ms", took);
    rouse(about, isRefreshed);
    if (isRefreshed || !wasWeak) return;
    // Somebody has joined it for whom the same cookies are not enough.
    const auto stands = std::ranges::find(about.waiters, Until::refreshed, &Waiter::until);
    if (stands == about.waiters.end() || about.circuit.isOpen(now())) return;
    const Wish wish = (*stands)->wish;
    noteFailing(wish, about);
    begin(wish, about);
}

void Refresh::rouse(Case& about, bool isRefreshed) {
    const auto spread = std::min(rules_.spread, gap * static_cast<int>(about.waiters.size()));
    bool isFirst = true;
    for (Waiter* waiter : about.waiters) {
        if (waiter->verdict) continue;
        const bool waitsOn = !isRefreshed && waiter->until == Until::refreshed && !waiter->wish.isBearer;
        if (waitsOn) continue;
        if (!isRefreshed && waiter->until != Until::nothingIsUnderWay) {
            waiter->say(std::unexpected(inVain(waiter->wish)));
        } else if (waiter->until == Until::jobEnds || std::exchange(isFirst, false)) {
            waiter->say({});
        } else {
            waiter->goesOnAt = now() + milliseconds(static_cast<std::int64_t>(
                                           timing_.chance() * static_cast<double>(spread.count())));
        }
    }
}

void Refresh::wakeWhoeverIsDue() {
    for (auto& [key, about] : cases_) {
        for (Waiter* waiter : about.waiters) {
            if (waiter->verdict) continue;
            const bool losesPatience = waiter->until == Until::refreshed && waiter->patienceEnds <= now();
            if (waiter->goesOnAt && *waiter->goesOnAt <= now()) {
                waiter->say({});
            } else if (!waiter->goesOnAt && losesPatience) {
                const bool wasNeverAsked = about.job && about.attempt.empty() && about.due > now();
                waiter->say(
                    std::unexpected(wasNeverAsked ? tooOften(key, about.due - now()) : inVain(waiter->wish)));
            }
        }
    }
}

void Refresh::setAlarm() {
    std::optional<Instant> next = queue_.nextDue();
    const auto consider = [&next](Instant instant) { next = std::min(next.value_or(instant), instant); };
    for (const auto& [key, about] : cases_) {
        if (about.job && queue_.state(*about.job) == JobState::active) consider(about.deadline);
        for (const Waiter* waiter : about.waiters) {
            if (waiter->verdict) continue;
            if (waiter->goesOnAt)
                consider(*waiter->goesOnAt);
            else if (waiter->until == Until::refreshed)
                consider(waiter->patienceEnds);
        }
    }
    alarm_.cancel();
    if (!next) return;
    alarm_.expires_after(std::max(milliseconds{0}, *next - now()));
    alarm_.async_wait([this](boost::system::error_code fault) {
        if (!fault) turn();
    });
}

void Refresh::tidy() {
    std::erase_if(cases_, [&](const auto& item) {
        const auto& about = item.second;
        return !about.job && about.waiters.empty() && about.bucket.isFull(now()) && about.circuit.isSound() &&
               now() - about.endedAt > rememberedFor;
    });
}

Error Refresh::inVain(const Wish& wish) const {
    if (wish.isBearer) {
        return {
            .kind = Kind::backend_unauthorized,
            .message = "Your study backend " + wish.key.origin +
                       " does not accept the token. Enter a new one in Auricle's settings, then try again."};
    }
    return {.kind = Kind::login_required,
            .message = "Your session at " + wish.key.origin +
                       " is over. Sign in there in the browser, then try again."};
}

void Refresh::tell(const char* event, const Key& key, std::string outcome,
                   std::chrono::milliseconds took) const {
    if (!auditor_) return;
    auditor_({.event = event,
              .site = key.site,
              .origin = key.origin,
              .outcome = std::move(outcome),
              .took = took});
}

}  // namespace auricle::vault
