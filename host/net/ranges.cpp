#include "net/ranges.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <memory>
#include <utility>

#include "net/content_range.h"
#include "net/multipart_ranges.h"

namespace auricle::net {

namespace asio = boost::asio;

namespace {

/// A server may join ranges over small gaps (RFC 9110 section 15.3.7.2); over larger ones it sends what
/// nobody wants.
constexpr std::uint64_t mostCoalescedGap = 64 * 1024;
/// A link is slow at first, and an answer that waits for its turn hands over nothing for a while: one glance
/// says little, several in a row do.
constexpr auto leastGlance = std::chrono::milliseconds(50);
constexpr int roundTripsInGlance = 10;
constexpr unsigned glancesToBelieve = 3;
/// So many answers say how much one request brings.
constexpr std::uint64_t answersToReckon = 12;
/// Whole and ranges within so much of each other: what is under way is kept.
constexpr double worthChanging = 0.98;

bool agrees(std::string_view held, std::optional<std::string_view> now) {
    return !now || held.empty() || held == *now;
}

/// Media types are the judge's affair only where the body is the media itself.
ResponseHead withoutType(const ResponseHead& head) {
    ResponseHead bare{.status = head.status, .headers = {}, .url = head.url};
    for (const auto& header : head.headers.all()) {
        std::string name = header.name;
        std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
        if (name != "content-type") bare.headers.add(header.name, header.value);
    }
    return bare;
}

enum class Verdict { none, manyRefused, refused, changed };

/// One answer's way into its batch.
class BatchSink final : public BodySink {
  public:
    /// `onGranted` is told once, when many ranges turn out to be granted.
    BatchSink(const RangeWork& work, RangeBatch& batch, std::vector<Range> asked, Link& link,
              const RangeLimits& limits, std::function<void()> onGranted)
        : work_(work),
          batch_(batch),
          asked_(std::move(asked)),
          link_(link),
          limits_(limits),
          onGranted_(std::move(onGranted)),
          sentAt_(limits.now()) {}

    Result<void> begin(const ResponseHead& head) override {
        link_.answered(limits_.now() - sentAt_, head.isMultiplexed);
        url = head.url;
        switch (head.status) {
            case 206:
                return judgePartial(head);
            case 200:
                return judgeWhole(head);
            case 416:
                return end(isMany() ? Verdict::manyRefused : Verdict::changed);
            // The header was too long for it, or not understood.
            case 400:
            case 413:
            case 414:
            case 431:
                if (isMany()) return end(Verdict::manyRefused);
                break;
            default:
                break;
        }
        if (auto judged = work_.judge ? work_.judge(head) : Result<void>{}; !judged) return judged;
        auto failure = Error{.kind = Kind::network,
                             .message = "The server answered with status " + std::to_string(head.status) +
                                        ", which no download can use.",
                             .retryable = statusMayPass(head.status)};
        failure.retryAfterMs = retryAfterMs(head.headers, std::chrono::system_clock::now());
        return std::unexpected(std::move(failure));
    }

    Result<void> data(std::span<const std::byte> bytes) override {
        link_.received(bytes.size(), limits_.now());
        if (parts_) return parts_->feed(bytes);
        if (bytes.size() > left_) return end(Verdict::refused);
        place(offset_, bytes);
        offset_ += bytes.size();
        left_ -= bytes.size();
        return {};
    }

    Verdict verdict = Verdict::none;
    Url url;                   ///< that answered
    bool hasProgress = false;  ///< a byte came that was asked for

  private:
    bool isMany() const { return asked_.size() > 1; }

    /// Ends the transfer here: nothing more of this answer is wanted.
    Result<void> end(Verdict what) {
        verdict = what;
        return fail(Kind::network, "The server does not grant the ranges that it was asked for.");
    }

    void place(std::uint64_t offset, std::span<const std::byte> bytes) {
        hasProgress = hasProgress || !bytes.empty();
        batch_.place(offset, bytes);
    }

    bool isSameResource(const ResponseHead& head) const {
        return agrees(work_.validator.etag, head.headers.find("etag")) &&
               agrees(work_.validator.lastModified, head.headers.find("last-modified"));
    }

    Result<void> judgeWhole(const ResponseHead& head) {
        if (auto judged = work_.judge ? work_.judge(head) : Result<void>{}; !judged) return judged;
        auto length = head.headers.find("content-length");
        bool isOfThatLength = !length || *length == std::to_string(work_.validator.total);
        if (!isSameResource(head) || !isOfThatLength) return end(Verdict::changed);
        return end(isMany() ? Verdict::manyRefused : Verdict::refused);
    }

    Result<void> judgePartial(const ResponseHead& head) {
        if (auto judged = work_.judge ? work_.judge(withoutType(head)) : Result<void>{}; !judged)
            return judged;
        if (!isSameResource(head)) return end(Verdict::changed);
        if (auto coding = head.headers.find("content-encoding"); coding && *coding != "identity")
            return end(Verdict::refused);
        auto text = head.headers.find("content-range");
        if (isMany()) {
            auto type = head.headers.find("content-type");
            auto boundary = type ? MultipartRanges::boundaryOf(*type) : std::nullopt;
            if (text || !boundary) return end(Verdict::manyRefused);
            readParts(*boundary);
            return {};
        }
        auto range = text ? parseContentRange(*text) : std::nullopt;
        if (!range || !range->first) return end(Verdict::refused);
        if (range->total && *range->total != work_.validator.total) return end(Verdict::changed);
        const auto& asked = asked_.front();
        if (*range->first != asked.offset || *range->last != asked.end() - 1) return end(Verdict::refused);
        offset_ = asked.offset;
        left_ = asked.bytes;
        return {};
    }

    void readParts(const std::string& boundary) {
        left_ = 0;
        for (const auto& range : asked_) left_ += range.bytes;
        left_ += asked_.size() * mostCoalescedGap;
        auto onPart = [this](const ContentRange& range) { return judgePart(range); };
        auto onData = [this](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
            place(offset, bytes);
            return {};
        };
        parts_.emplace(boundary, onPart, onData);
    }

    Result<void> judgePart(const ContentRange& range) {
        if (!isGranted_) {
            isGranted_ = true;
            link_.granted(asked_.size(), batch_.askedBytes());
            onGranted_();
        }
        if (range.total && *range.total != work_.validator.total) return end(Verdict::changed);
        Range given{.offset = *range.first, .bytes = *range.last - *range.first + 1};
        if (!batch_.touches(given) || given.bytes > left_) return end(Verdict::manyRefused);
        left_ -= given.bytes;
        return {};
    }

    const RangeWork& work_;
    RangeBatch& batch_;
    std::vector<Range> asked_;
    Link& link_;
    const RangeLimits& limits_;
    std::function<void()> onGranted_;
    Link::Clock::time_point sentAt_;
    std::optional<MultipartRanges> parts_;
    bool isGranted_ = false;
    std::uint64_t offset_ = 0, left_ = 0;
};

/// A batch on its way.
struct Job {
    std::shared_ptr<RangeBatch> batch;
    enum class State { waiting, underWay, there } state = State::waiting;
};

class Run : public std::enable_shared_from_this<Run> {
  public:
    Run(HttpClient& http, RangeWork work, Link& link, Timing timing, RangeLimits limits,
        asio::any_io_executor executor)
        : http_(http),
          work_(std::move(work)),
          link_(link),
          timing_(std::move(timing)),
          limits_(std::move(limits)),
          executor_(executor),
          wake_(executor),
          glanceBegan_(limits_.now()) {}

    asio::awaitable<Result<RangesEnd>> run() {
        std::stop_callback onStop(work_.request.stop, [this] { stop_.request_stop(); });
        while (!end_ && !failure_) {
            handOver();
            if (end_ || failure_) break;
            launch();
            if (jobs_.empty())
                end_ = RangesEnd::complete;
            else
                co_await sleepUntilWoken();
        }
        stop_.request_stop();
        while (underWay_ > 0) co_await sleepUntilWoken();
        if (failure_) co_return std::unexpected(std::move(*failure_));
        co_return *end_;
    }

  private:
    asio::awaitable<void> sleepUntilWoken() {
        if (!isWoken_) {
            wake_.expires_at(asio::steady_timer::time_point::max());
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        isWoken_ = false;
    }
    void wake() {
        isWoken_ = true;
        wake_.cancel();
    }
    bool isHeadReady() const { return !jobs_.empty() && jobs_.front().state == Job::State::there; }

    /// The next piece, cut so that no request is longer than it may be.
    std::optional<Range> peek() {
        if (!pending_ && !isExhausted_) {
            pending_ = work_.next();
            isExhausted_ = !pending_;
        }
        return pending_;
    }
    Range takePiece(std::uint64_t most) {
        auto piece = *pending_;
        piece.bytes = std::min(piece.bytes, most);
        pending_->offset += piece.bytes;
        pending_->bytes -= piece.bytes;
        if (pending_->bytes == 0) pending_.reset();
        return piece;
    }

    /// The next batch as the link would have it now; nothing when all pieces have been given out.
    std::shared_ptr<RangeBatch> nextBatch() {
        auto batch = std::make_shared<RangeBatch>();
        while (auto piece = peek()) {
            bool isFirst = batch->spans() == 0;
            if (!isFirst && piece->offset < batch->end()) break;
            auto gap = isFirst ? 0 : piece->offset - batch->end();
            bool joins =
                !isFirst && (gap == 0 || link_.isCheaperJoined(batch->lastSpanBytes(), gap, piece->bytes));
            if (!isFirst && !joins && batch->spans() >= link_.rangesInRequest()) break;
            auto more = joins ? gap : 0;
            if (batch->askedBytes() + more >= limits_.requestBytes) break;
            batch->add(takePiece(limits_.requestBytes - batch->askedBytes() - more), joins);
        }
        return batch->spans() ? batch : nullptr;
    }

    /// Whether many ranges are granted is asked by one request, not by all at once.
    bool isProbing() const { return link_.many() == Link::Many::unknown && manyUnderWay_ > 0; }

    void launch() {
        while (!isProbing() && link_.wantsMore(underWay_, underWayBytes_)) {
            auto waiting = std::ranges::find(jobs_, Job::State::waiting, &Job::state);
            if (waiting == jobs_.end()) {
                if (!peek() || (heldBytes_ > 0 && heldBytes_ + limits_.requestBytes > limits_.windowBytes))
                    return;
                jobs_.push_back({.batch = nextBatch()});
                heldBytes_ += jobs_.back().batch->askedBytes();
                waiting = std::prev(jobs_.end());
            }
            waiting->state = Job::State::underWay;
            if (waiting->batch->spans() > 1) ++manyUnderWay_;
            ++underWay_;
            underWayBytes_ += waiting->batch->askedBytes();
            asio::co_spawn(executor_, carryOut(shared_from_this(), waiting), asio::detached);
        }
    }

    void handOver() {
        while (isHeadReady() && !failure_) {
            auto batch = jobs_.front().batch;
            if (auto taken = work_.take(batch->wanted()); !taken) {
                failure_ = std::move(taken.error());
                return;
            }
            given_ += batch->wantedBytes();
            ++answers_;
            heldBytes_ -= batch->askedBytes();
            position_ = batch->end();
            jobs_.pop_front();
        }
        if (!jobs_.empty() && isWholeFaster()) end_ = RangesEnd::slower;
    }

    /// By arithmetic where it is enough, else by the pace of late and what the link was seen to carry.
    bool isWholeFaster() {
        if (!work_.mayStream || link_.bytesPerMs() == 0) return false;
        if (cannotBeFaster()) return true;
        auto now = limits_.now();
        auto tookMs = std::chrono::duration<double, std::milli>(now - glanceBegan_).count();
        auto glanceMs = std::chrono::duration<double, std::milli>(leastGlance).count() +
                        roundTripsInGlance * link_.roundTripMs();
        if (tookMs < glanceMs) return false;
        auto came = static_cast<double>(given_ - std::exchange(givenAtGlance_, given_));
        glanceBegan_ = now;
        slowGlances_ = wouldBeSooner(came / tookMs) ? slowGlances_ + 1 : 0;
        return slowGlances_ >= glancesToBelieve;
    }

    /// One range a request, few requests at once: the round trips alone take longer than the whole.
    bool cannotBeFaster() const {
        if (link_.many() != Link::Many::refused || answers_ < answersToReckon) return false;
        auto bytesOfAnswer = static_cast<double>(given_) / static_cast<double>(answers_);
        return isWholeSoonerThan(link_.leastMs(leftBytes() / bytesOfAnswer));
    }

    /// Whether the whole of what is left is here before the ranges are, at this pace of theirs.
    bool wouldBeSooner(double bytesPerMs) const {
        // Nothing has come of late: that is a matter of the link, and the whole would not come either.
        return bytesPerMs > 0 && isWholeSoonerThan(leftBytes() / bytesPerMs);
    }

    bool isWholeSoonerThan(double rangesMs) const {
        auto left = work_.validator.total - std::min(work_.validator.total, position_);
        auto wholeMs = static_cast<double>(left) / link_.bytesPerMs() + link_.roundTripMs();
        return wholeMs < rangesMs * worthChanging;
    }

    double leftBytes() const { return static_cast<double>(work_.bytes - std::min(work_.bytes, given_)); }

    static asio::awaitable<void> carryOut(std::shared_ptr<Run> self, std::list<Job>::iterator job) {
        // Never from within launch(), which goes through the jobs.
        co_await asio::post(self->executor_, asio::use_awaitable);
        auto batch = job->batch;
        auto bytes = batch->askedBytes();
        auto outcome = co_await self->bring(*batch);
        --self->underWay_;
        if (batch->spans() > 1) --self->manyUnderWay_;
        self->underWayBytes_ -= bytes;
        if (outcome == Verdict::none && batch->isWhole()) {
            job->state = Job::State::there;
        } else if (outcome == Verdict::manyRefused) {
            self->splitUp(job);
        } else if (!self->end_ && outcome != Verdict::none) {
            self->end_ = outcome == Verdict::changed ? RangesEnd::changed : RangesEnd::refused;
        }
        self->wake();
    }

    /// The batch in the parts that the server grants, in its place.
    void splitUp(std::list<Job>::iterator job) {
        link_.refused(job->batch->spans());
        for (auto& part : job->batch->split(link_.rangesInRequest()))
            jobs_.insert(job, Job{.batch = std::move(part)});
        jobs_.erase(job);
    }

    /// Asks until all of the batch is there, or for good not. An error is left in failure_.
    asio::awaitable<Verdict> bring(RangeBatch& batch) {
        Verdict verdict = Verdict::none;
        bool hasProgress = false;
        std::function<void()> onGranted = [this] { wake(); };
        std::function<asio::awaitable<Result<void>>()> attempt = [&]() -> asio::awaitable<Result<void>> {
            auto asked = batch.missing();
            Request one = requestFor(asked);
            BatchSink sink(work_, batch, std::move(asked), link_, limits_, onGranted);
            auto response = co_await http_.send(std::move(one), sink);
            hasProgress = sink.hasProgress;
            verdict = sink.verdict;
            if (verdict != Verdict::none) co_return Result<void>{};
            if (!response) co_return mayAskAgain(std::move(response.error()));
            direct_ = sink.url;
            if (!batch.isWhole())
                co_return fail(Kind::network, "The connection ended before all was there.", true);
            hasFallenBack_ = false;
            co_return Result<void>{};
        };
        std::function<bool()> madeProgress = [&] { return hasProgress; };
        auto outcome =
            co_await withRetry<void>(limits_.retry, timing_, stop_.get_token(), attempt, madeProgress);
        if (!outcome && !failure_ && !end_) failure_ = std::move(outcome.error());
        co_return verdict;
    }

    Request requestFor(const std::vector<Range>& ranges) const {
        Request one = work_.request;
        one.stop = stop_.get_token();
        if (direct_) one.url = *direct_;
        std::string list = "bytes=";
        for (const auto& range : ranges) {
            if (list.back() != '=') list += ',';
            list += std::to_string(range.offset) + "-" + std::to_string(range.end() - 1);
        }
        one.headers.push_back({"Range", std::move(list)});
        const auto& held = work_.validator;
        if (held.allowsResume())
            one.headers.push_back({"If-Range", held.etag.empty() ? held.lastModified : held.etag});
        return one;
    }

    /// The address behind the redirects may have an end (a signature): then the first one is asked again,
    /// once for errors that are final otherwise.
    Result<void> mayAskAgain(Error error) {
        bool wasDirect = direct_ && *direct_ != work_.request.url;
        direct_.reset();
        if (!error.retryable && wasDirect && !hasFallenBack_ && !stop_.stop_requested()) {
            hasFallenBack_ = true;
            error.retryable = true;
        }
        return std::unexpected(std::move(error));
    }

    HttpClient& http_;
    RangeWork work_;
    Link& link_;
    Timing timing_;
    RangeLimits limits_;
    asio::any_io_executor executor_;
    asio::steady_timer wake_;
    bool isWoken_ = false;
    std::stop_source stop_;
    Link::Clock::time_point glanceBegan_;
    std::uint64_t givenAtGlance_ = 0;
    unsigned slowGlances_ = 0;   ///< in a row
    std::uint64_t answers_ = 0;  ///< handed over
    std::list<Job> jobs_;
    std::optional<Range> pending_;
    bool isExhausted_ = false;
    std::size_t underWay_ = 0, manyUnderWay_ = 0;
    std::uint64_t underWayBytes_ = 0, heldBytes_ = 0, given_ = 0, position_ = 0;
    std::optional<RangesEnd> end_;
    std::optional<Error> failure_;
    std::optional<Url> direct_;
    bool hasFallenBack_ = false;
};

}  // namespace

asio::awaitable<Result<RangesEnd>> fetchRanges(HttpClient& http, RangeWork work, Link& link, Timing timing,
                                               RangeLimits limits) {
    auto executor = co_await asio::this_coro::executor;
    auto run =
        std::make_shared<Run>(http, std::move(work), link, std::move(timing), std::move(limits), executor);
    co_return co_await run->run();
}

}  // namespace auricle::net
