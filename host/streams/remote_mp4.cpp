#include "streams/remote_mp4.h"

#include <algorithm>

#include "media/segment_index.h"
#include "media/sparse_source.h"
#include "net/ranges.h"
#include "streams/whole_pass.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

using media::AudioIndexReader;

constexpr std::uint64_t mostHeldBytes = 6u << 20, mostPassingBytes = 16u << 20;
/// An index up to this size is fetched at once.
constexpr std::uint64_t mostWholeIndex = 4u << 20;
constexpr std::uint64_t headerBytes = 64 * 1024, tableBytes = 1u << 20, tailBytes = 16 * 1024;
/// What a fragment's index takes at first guess; a fragment of some seconds has no more.
constexpr std::uint64_t fragmentBytes = 4096, mostFragmentGuess = 256 * 1024;
constexpr std::size_t fragmentsAtOnce = 400;
/// No index takes so many turns; a file that makes us read in circles does.
constexpr int mostTurns = 20'000;
/// So many fragments are looked for one after the other before it is judged what that costs.
constexpr int turnsBeforeJudging = 4;

net::Request requestOf(const net::Url& url, const Visit& visit) {
    net::Request request{.url = url, .credentials = visit.credentials};
    request.judge = visit.judgeHop;
    request.stop = visit.stop;
    return request;
}

class RangedIndex {
  public:
    RangedIndex(net::Url url, Beginning beginning, std::string language, const Visit& visit)
        : url_(std::move(url)),
          validator_(std::move(beginning.validator)),
          visit_(visit),
          source_(validator_.total, mostHeldBytes),
          reader_(source_, language) {
        cost_ = beginning.bytes.size();
        source_.put(0, std::move(beginning.bytes));
    }

    asio::awaitable<Result<IndexByRanges>> read() {
        IndexByRanges found;
        for (int turn = 0; turn < mostTurns; ++turn) {
            auto read = reader_.run();
            if (read) {
                found.source = RemoteMp4{url_, validator_, reader_.take(), true, cost_, link_};
                co_return found;
            }
            if (read.error().kind != Kind::not_ready) co_return std::unexpected(std::move(read.error()));
            if (auto hinted = co_await findHints(); !hinted)
                co_return std::unexpected(std::move(hinted.error()));
            if (isChainTooLong()) co_return found;
            auto wanted = whatIsMissing();
            auto filled = co_await fill(std::move(wanted));
            if (!filled) co_return std::unexpected(std::move(filled.error()));
            found.isOfAnother = *filled == net::RangesEnd::changed;
            if (found.isOfAnother || *filled == net::RangesEnd::refused) co_return found;
        }
        co_return fail(Kind::not_media, "The index of this file cannot be read.");
    }

  private:
    bool isAtFragments() const { return reader_.stage() == AudioIndexReader::Stage::fragments; }

    std::vector<net::Range> whatIsMissing() {
        auto at = source_.missing();
        auto moov = reader_.moov();
        switch (reader_.stage()) {
            case AudioIndexReader::Stage::layout:
                if (moov.bytes > 0 && moov.bytes <= mostWholeIndex && at >= moov.offset &&
                    at < moov.offset + moov.bytes)
                    return {upTo(at, moov.offset + moov.bytes - at)};
                return {upTo(at, headerBytes)};
            case AudioIndexReader::Stage::tables:
                return {upTo(at, tableBytes)};
            case AudioIndexReader::Stage::fragments:
                break;
        }
        return nextFragments(at);
    }

    net::Range upTo(std::uint64_t offset, std::uint64_t bytes) const {
        return {.offset = offset, .bytes = std::min(bytes, validator_.total - offset)};
    }

    /// The fragment that is missing and those behind it, as far as they are known.
    std::vector<net::Range> nextFragments(std::uint64_t at) {
        // It goes on where a guess ended: fragments are larger than was thought.
        if (at == guessEnd_) guess_ = std::min(guess_ * 2, mostFragmentGuess);
        std::vector<net::Range> wanted{upTo(at, guess_)};
        const auto& known = reader_.fragments().empty() ? hints_ : reader_.fragments();
        for (auto next = std::ranges::upper_bound(known, at);
             next != known.end() && wanted.size() < fragmentsAtOnce && *next < validator_.total; ++next) {
            auto& last = wanted.back();
            if (*next < last.end()) last.bytes = *next - last.offset;
            wanted.push_back(upTo(*next, guess_));
        }
        guessEnd_ = wanted.front().end();
        return wanted;
    }

    /// Where no sidx says it, `mfra` at the end may.
    asio::awaitable<Result<void>> findHints() {
        if (!isAtFragments() || hasLooked_ || !reader_.fragments().empty()) co_return Result<void>{};
        hasLooked_ = true;
        auto at = source_.missing();
        for (auto bytes = tailBytes; bytes <= mostWholeIndex; bytes *= 8) {
            std::vector<net::Range> tail{upTo(validator_.total - std::min(validator_.total, bytes), bytes)};
            auto filled = co_await fill(std::move(tail));
            if (!filled) co_return std::unexpected(std::move(filled.error()));
            if (*filled != net::RangesEnd::complete) co_return Result<void>{};
            media::Window window(source_);
            auto mfra = media::findFragmentIndex(window);
            if (!mfra && mfra.error().kind == Kind::not_ready) continue;
            if (!mfra || !*mfra) break;
            auto read = media::readFragmentIndex(window, **mfra, hints_);
            if (!read && read.error().kind == Kind::not_ready) continue;
            // What the index at the end says is a help; whether it is right shows when the fragments are
            // read.
            break;
        }
        std::ranges::sort(hints_);
        // The reading goes on at the fragment, not at the end of the file.
        std::byte probe[1];
        if (at < validator_.total) static_cast<void>(source_.readAt(at, probe));
        co_return Result<void>{};
    }

    /// Without a list, or with one that lacks most, each fragment costs a round trip: judged by the stride of
    /// the first ones.
    bool isChainTooLong() {
        if (!isAtFragments()) return false;
        auto at = source_.missing();
        if (chainTurns_++ == 0) chainBegan_ = at;
        if (chainTurns_ < turnsBeforeJudging || at <= chainBegan_ || link_.bytesPerMs() == 0) return false;
        auto stride = static_cast<double>(at - chainBegan_) / (chainTurns_ - 1);
        auto left = static_cast<double>(validator_.total - at);
        auto chainMs =
            left / stride * (link_.roundTripMs() + static_cast<double>(guess_) / link_.bytesPerMs());
        return chainMs > static_cast<double>(validator_.total) / link_.bytesPerMs();
    }

    asio::awaitable<Result<net::RangesEnd>> fill(std::vector<net::Range> wanted) {
        std::size_t given = 0;
        std::vector<std::byte> part;
        net::RangeWork work{
            .request = requestOf(url_, visit_), .validator = validator_, .judge = visit_.judgeHead};
        work.next = [&wanted, i = std::size_t{0}]() mutable -> std::optional<net::Range> {
            return i < wanted.size() ? std::optional(wanted[i++]) : std::nullopt;
        };
        work.take = [&](std::span<const std::byte> bytes) -> Result<void> {
            cost_ += bytes.size();
            while (!bytes.empty()) {
                auto rest = bytes.first(static_cast<std::size_t>(
                    std::min<std::uint64_t>(bytes.size(), wanted[given].bytes - part.size())));
                part.reserve(static_cast<std::size_t>(wanted[given].bytes));
                part.insert(part.end(), rest.begin(), rest.end());
                bytes = bytes.subspan(rest.size());
                if (part.size() < wanted[given].bytes) continue;
                source_.put(wanted[given].offset, std::exchange(part, {}));
                ++given;
            }
            return {};
        };
        co_return co_await net::fetchRanges(visit_.http, std::move(work), link_, visit_.timing);
    }

    net::Url url_;
    net::Validator validator_;
    const Visit& visit_;
    net::Link link_;
    media::SparseSource source_;
    AudioIndexReader reader_;
    std::uint64_t cost_ = 0;
    std::vector<std::uint64_t> hints_;
    bool hasLooked_ = false;
    std::uint64_t guess_ = fragmentBytes, guessEnd_ = 0, chainBegan_ = 0;
    int chainTurns_ = 0;
};

}  // namespace

asio::awaitable<Result<IndexByRanges>> readByRanges(net::Url url, Beginning beginning, std::string language,
                                                    const Visit& visit) {
    IndexByRanges none;
    if (!beginning.grantsRanges) co_return none;
    RangedIndex index(std::move(url), std::move(beginning), std::move(language), visit);
    co_return co_await index.read();
}

asio::awaitable<Result<RemoteMp4>> readByPassing(net::Url url, net::Validator validator, std::string language,
                                                 const Visit& visit) {
    media::SparseSource source(validator.total, mostPassingBytes);
    AudioIndexReader reader(source, language);
    std::optional<Result<void>> outcome;
    std::uint64_t cost = 0;
    auto onBox = [&](std::uint64_t offset, std::vector<std::byte> bytes) {
        cost = offset + bytes.size();
        source.put(offset, std::move(bytes));
        auto read = reader.run();
        if (read || read.error().kind != Kind::not_ready) outcome = std::move(read);
        return !outcome;
    };
    auto passed = co_await passBoxes(url, validator, mostPassingBytes, onBox, visit);
    if (!passed) co_return std::unexpected(std::move(passed.error()));
    if (!outcome) outcome = reader.run();
    if (!*outcome && outcome->error().kind == Kind::not_ready)
        co_return fail(Kind::not_media, "The index of this file is too large to be read while it goes by.");
    if (!*outcome) co_return std::unexpected(std::move(outcome->error()));
    co_return RemoteMp4{std::move(url), std::move(validator), reader.take(), false, cost, {}};
}

}  // namespace auricle::streams
