#include "streams/segment_run.h"

#include <algorithm>

#include "media/aes128.h"
#include "net/ahead.h"
#include "system/worker.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr unsigned atOnceOnOneConnection = 24;  // HTTP/2 streams: a few seconds of sound on a fast link
constexpr unsigned atOnceOnManyConnections = 6;
constexpr std::uint64_t mostHeldBytes = 10u << 20;     // with all else the host stays below 32 MiB
constexpr std::uint64_t usualSegmentBytes = 1u << 20;  // before anything is known
constexpr std::size_t mostPendingBytes = 4u << 20;

Result<void> openInPlace(const KeyRing::Key& key, const media::SegmentKey::Iv& iv,
                         std::vector<std::byte>& bytes) {
    media::Aes128Cbc cipher(key);
    auto plain = cipher.open(iv, bytes);
    if (!plain) return std::unexpected(std::move(plain.error()));
    bytes.resize(plain->size());
    return {};
}

}  // namespace

SegmentRun::SegmentRun(const Visit& visit, Target& target, asio::any_io_executor loop, Options options)
    : visit_(visit),
      target_(target),
      options_(std::move(options)),
      keys_(visit, std::move(loop)),
      fetch_(visit, keys_),
      audio_(options_.language) {}

asio::awaitable<Result<std::uint64_t>> SegmentRun::begin(net::Validator validator, std::uint64_t most) {
    auto cursor = target_.cursor();
    if (target_.validator() == validator && cursor > 0 && cursor <= most) {
        auto content = target_.content();
        auto resume = [this, &content] { return audio_.resume(*content); };
        auto resumed = co_await onWorker(visit_.worker, resume);
        if (resumed) resumed = target_.goOn();
        if (resumed) co_return cursor;
        audio_ = media::SegmentAudio(options_.language);
    }
    if (auto begun = target_.startOver(validator); !begun)
        co_return std::unexpected(std::move(begun.error()));
    co_return std::uint64_t{0};
}

asio::awaitable<Result<void>> SegmentRun::append(const SegmentSource& source, std::size_t first) {
    for (std::size_t i = first; i < source.size(); ++i) {
        if (!source[i].isGap) continue;
        Error lost{.kind = Kind::not_found,
                   .message = "the site itself says that it was lost when the recording was made"};
        co_return std::unexpected(numbered(source, i, std::move(lost)));
    }
    doneUs_ = 0;
    for (std::size_t i = 0; i < first; ++i) doneUs_ += source[i].durationUs;
    net::Ahead<FetchedSegment> ahead;
    ahead.first = first;
    ahead.end = source.size();
    ahead.mostBytes = mostHeldBytes;
    ahead.atOnce = [this] { return isMultiplexed_ ? atOnceOnOneConnection : atOnceOnManyConnections; };
    ahead.expected = [this, &source](std::uint64_t index) {
        const auto& segment = source[index];
        if (!segment.range.isWhole()) return segment.range.length;
        if (largestBytes_ > 0) return largestBytes_;
        auto reckoned = options_.bitsPerSecond / 8 * (segment.durationUs / 1000) / 1000;
        return reckoned ? std::min(reckoned, mostHeldBytes) : usualSegmentBytes;
    };
    ahead.fetch = [this, &source, first](std::uint64_t index, net::AheadShare& share,
                                         std::stop_token stop) -> asio::awaitable<Result<FetchedSegment>> {
        bool wantsInit = index == first || source[index].init != source[index - 1].init;
        auto fetched = co_await fetch(source, index, wantsInit, share, std::move(stop));
        if (fetched) co_return fetched;
        co_return std::unexpected(numbered(source, index, std::move(fetched.error())));
    };
    ahead.take = [this, &source](std::uint64_t index, FetchedSegment fetched) {
        return take(source, static_cast<std::size_t>(index), std::move(fetched));
    };
    auto outcome = co_await net::fetchAhead<FetchedSegment>(std::move(ahead), visit_.stop);
    // Bytes stand behind the last mark that no other run could go on from: the next one begins anew.
    if (!outcome && isTorn_) (void)target_.startOver({});
    co_return outcome;
}

asio::awaitable<Result<FetchedSegment>> SegmentRun::fetch(const SegmentSource& source, std::size_t index,
                                                          bool wantsInit, net::AheadShare& share,
                                                          std::stop_token stop) {
    auto fetched = co_await fetch_.fetch(source, index, wantsInit, share, stop);
    if (!fetched) co_return fetched;
    isMultiplexed_ = isMultiplexed_ || fetched->isMultiplexed;
    largestBytes_ = std::max<std::uint64_t>(largestBytes_, fetched->bytes.size());
    if (!options_.unseal || fetched->isAbsent) co_return fetched;
    auto opened = co_await options_.unseal(index, fetched->bytes, stop);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    co_return fetched;
}

asio::awaitable<Result<void>> SegmentRun::take(const SegmentSource& source, std::size_t index,
                                               FetchedSegment fetched) {
    const auto& segment = source[index];
    if (!fetched.isAbsent) {
        auto work = [this, &fetched, &segment] { return open(fetched, segment.isDiscontinuous); };
        auto opened = co_await onWorker(visit_.worker, work);
        if (!opened) co_return std::unexpected(numbered(source, index, std::move(opened.error())));
        auto cursor = options_.isLive ? segment.number + 1 : index + 1;
        if (auto written = write(std::move(*opened), cursor); !written) co_return written;
    }
    doneUs_ += segment.durationUs;
    tell(source, index + 1);
    co_return Result<void>{};
}

Result<std::vector<std::byte>> SegmentRun::open(FetchedSegment& fetched, bool isDiscontinuous) {
    if (fetched.init) {
        if (fetched.initKey) {
            auto opened = openInPlace(*fetched.initKey, fetched.initIv, *fetched.init);
            if (!opened) return std::unexpected(std::move(opened.error()));
        }
        if (auto taken = audio_.init(*fetched.init); !taken) return std::unexpected(std::move(taken.error()));
    }
    if (fetched.key) {
        if (auto opened = openInPlace(*fetched.key, fetched.iv, fetched.bytes); !opened)
            return std::unexpected(std::move(opened.error()));
    }
    return audio_.add(fetched.bytes, isDiscontinuous);
}

Result<void> SegmentRun::write(std::vector<std::byte> bytes, std::uint64_t cursor) {
    if (pending_.empty()) {
        pending_ = std::move(bytes);
    } else {
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    }
    // A frame that lies across the end of a segment: what is there belongs to no cursor yet.
    bool isPlace = audio_.isComplete();
    if (!isPlace && pending_.size() < mostPendingBytes) return {};
    if (auto appended = target_.append(pending_); !appended) return appended;
    pending_.clear();
    isTorn_ = !isPlace;
    if (isPlace) target_.mark(cursor);
    return {};
}

Result<void> SegmentRun::finish() {
    if (auto finished = audio_.finish(); !finished) return finished;
    if (pending_.empty()) return {};
    return target_.append(pending_);
}

Error SegmentRun::numbered(const SegmentSource& source, std::size_t index, Error error) const {
    if (error.kind == Kind::cancelled) return error;
    auto name = options_.isLive
                    ? "Segment " + std::to_string(source[index].number) + " of the live stream"
                    : "Segment " + std::to_string(index + 1) + " of " + std::to_string(source.size());
    auto sentence = std::move(error.message);
    if (!sentence.ends_with('.')) sentence += '.';
    error.message = name + " could not be taken, so there would be a hole: " + sentence;
    return error;
}

void SegmentRun::tell(const SegmentSource& source, std::size_t done) {
    auto bytes = target_.size() + pending_.size();
    std::uint64_t total = 0;
    if (!options_.isLive) {
        auto wholeUs = source.list().durationMs() * 1000;
        bool isReckoned = done < source.size() && doneUs_ > 0 && wholeUs > doneUs_;
        total = isReckoned
                    ? static_cast<std::uint64_t>(static_cast<double>(bytes) * static_cast<double>(wholeUs) /
                                                 static_cast<double>(doneUs_))
                    : bytes;
    }
    options_.onProgress(bytes, total);
}

}  // namespace auricle::streams
