#include "streams/segment_fetch.h"

#include <charconv>

#include "media/container.h"
#include "net/content_range.h"
#include "net/retry.h"
#include "streams/document.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr int statusOk = 200, statusPartial = 206, statusNotFound = 404, statusGone = 410;
/// More than ten seconds of the best video have.
constexpr std::uint64_t mostSegmentBytes = 64u << 20;
/// A segment that was announced a moment ago may not have reached every server; one that is gone stays so.
constexpr unsigned missingTimes = 3;

std::uint64_t contentLength(const net::ResponseHead& head) {
    auto text = head.headers.find("content-length");
    std::uint64_t bytes = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), bytes);
    return bytes;
}

/// Takes one answer into memory, as far as there is room.
class Collector final : public net::BodySink {
  public:
    Collector(const Visit& visit, media::ByteRange range, std::uint64_t held, net::AheadShare& share)
        : visit_(visit), range_(range), held_(held), share_(share) {}

    Result<void> begin(const net::ResponseHead& head) override {
        isMultiplexed = head.isMultiplexed;
        if (head.status == statusNotFound || head.status == statusGone) {
            isMissing = true;
            return fail(Kind::not_found, "it is missing at " + head.url.host() + " (status " +
                                             std::to_string(head.status) + ")");
        }
        if (auto judged = judgeAnswer(head, visit_); !judged) return judged;
        if (auto coding = head.headers.find("content-encoding"); coding && *coding != "identity")
            return fail(Kind::not_media,
                        head.url.host() + " sent it compressed although it was asked not to");
        if (auto fits = judgeRange(head); !fits) return fits;
        expected_ = contentLength(head);
        if (!range_.isWhole() && expected_ != 0 && expected_ != range_.length) return anotherPart();
        if (!range_.isWhole()) expected_ = range_.length;
        if (auto room = hold(expected_); !room) return room;
        bytes.reserve(static_cast<std::size_t>(expected_));
        return {};
    }

    Result<void> data(std::span<const std::byte> more) override {
        if (expected_ != 0 && bytes.size() + more.size() > expected_)
            return fail(Kind::network, "the server sent more of it than it had announced", true);
        if (auto room = hold(bytes.size() + more.size()); !room) return room;
        bytes.insert(bytes.end(), more.begin(), more.end());
        return {};
    }

    /// After the transfer: is it whole, and is it what it should be.
    Result<void> conclude() const {
        if (bytes.empty() || (expected_ != 0 && bytes.size() != expected_))
            return fail(Kind::network, "the connection ended before it was whole", true);
        if (media::firstLook(bytes) == media::FirstLook::html) {
            return fail(Kind::login_required,
                        "the site sent a web page in its place: it wants you to sign in again");
        }
        return {};
    }

    std::vector<std::byte> bytes;
    bool isMissing = false, isMultiplexed = false;

  private:
    Result<void> judgeRange(const net::ResponseHead& head) const {
        if (range_.isWhole()) {
            if (head.status == statusOk) return {};
            return fail(Kind::network, "the server sent a part of it where all was asked for", true);
        }
        if (head.status != statusPartial)
            return fail(Kind::not_media,
                        head.url.host() + " does not give parts of files, which it is one of");
        auto text = head.headers.find("content-range");
        auto range = text ? net::parseContentRange(*text) : std::nullopt;
        bool fits =
            range && range->first == range_.offset && range->last == range_.offset + range_.length - 1;
        return fits ? Result<void>{} : anotherPart();
    }

    static Result<void> anotherPart() {
        return fail(Kind::network, "the server sent another part of the file than was asked for", true);
    }

    Result<void> hold(std::uint64_t bytesNow) {
        if (bytesNow > mostSegmentBytes)
            return fail(Kind::too_large, "it is larger than any segment of a recording");
        if (!share_.hold(held_ + bytesNow)) return fail(Kind::cancelled, "there is no room for it yet");
        return {};
    }

    const Visit& visit_;
    media::ByteRange range_;
    std::uint64_t held_;
    net::AheadShare& share_;
    std::uint64_t expected_ = 0;  ///< 0: not announced
};

net::Request partRequest(const net::Url& url, const media::ByteRange& range, const Visit& visit,
                         std::stop_token stop) {
    auto request = requestFor(url, visit);
    request.stop = std::move(stop);
    if (range.isWhole()) return request;
    auto last = range.offset + range.length - 1;
    request.headers.push_back(
        {"Range", "bytes=" + std::to_string(range.offset) + "-" + std::to_string(last)});
    return request;
}

}  // namespace

asio::awaitable<Result<SegmentFetch::Piece>> SegmentFetch::piece(net::Url url, media::ByteRange range,
                                                                 unsigned missingAt, std::uint64_t held,
                                                                 net::AheadShare& share,
                                                                 std::stop_token stop) {
    unsigned missing = 0;
    std::optional<Error> refused;
    std::function<asio::awaitable<Result<Piece>>()> attempt = [&]() -> asio::awaitable<Result<Piece>> {
        Collector collector(visit_, range, held, share);
        auto request = partRequest(url, range, visit_, stop);
        auto response = co_await visit_.http.send(std::move(request), collector);
        auto outcome = response ? collector.conclude() : std::unexpected(std::move(response.error()));
        if (outcome) {
            Piece whole{.bytes = std::move(collector.bytes), .isMultiplexed = collector.isMultiplexed};
            co_return whole;
        }
        auto error = std::move(outcome.error());
        if (collector.isMissing) error.retryable = ++missing < missingAt;
        // A signed address whose time is over stays so: the caller has to ask for a new one.
        if (error.kind == Kind::forbidden) {
            refused = error;
            error.retryable = false;
        }
        co_return std::unexpected(std::move(error));
    };
    net::RetryPolicy policy;
    auto fetched = co_await net::withRetry<Piece>(policy, visit_.timing, stop, attempt);
    if (!fetched && fetched.error().kind == Kind::forbidden && refused)
        co_return std::unexpected(std::move(*refused));
    co_return fetched;
}

asio::awaitable<Result<KeyRing::Key>> SegmentFetch::keyOf(const SegmentSource& source, std::uint32_t key,
                                                          std::stop_token stop) {
    auto url = source.urlOf(source.list().keys[key], visit_);
    if (!url) co_return std::unexpected(std::move(url.error()));
    auto got = co_await keys_.get(std::move(*url), std::move(stop));
    // A key that is missing makes this way none, as a missing segment does.
    if (!got && got.error().kind == Kind::not_found) got.error().message = "its key is missing";
    co_return got;
}

asio::awaitable<Result<void>> SegmentFetch::addInit(const SegmentSource& source, std::uint32_t init,
                                                    FetchedSegment& to, net::AheadShare& share,
                                                    std::stop_token stop) {
    const auto& section = source.list().inits[init];
    auto url = source.urlOf(section, visit_);
    if (!url) co_return std::unexpected(std::move(url.error()));
    auto fetched = co_await piece(std::move(*url), section.range, missingTimes, 0, share, stop);
    if (!fetched) co_return std::unexpected(std::move(fetched.error()));
    to.init = std::move(fetched->bytes);
    if (!section.key) co_return Result<void>{};
    auto key = co_await keyOf(source, *section.key, stop);
    if (!key) co_return std::unexpected(std::move(key.error()));
    to.initKey = *key;
    to.initIv = source.list().keys[*section.key].iv.value_or(media::SegmentKey::Iv{});
    co_return Result<void>{};
}

asio::awaitable<Result<FetchedSegment>> SegmentFetch::fetch(const SegmentSource& source, std::size_t index,
                                                            bool wantsInit, net::AheadShare& share,
                                                            std::stop_token stop) {
    const auto& segment = source[index];
    FetchedSegment fetched;
    if (wantsInit && segment.init) {
        auto added = co_await addInit(source, *segment.init, fetched, share, stop);
        if (!added) co_return std::unexpected(std::move(added.error()));
    }
    if (segment.key) {
        auto key = co_await keyOf(source, *segment.key, stop);
        if (!key) co_return std::unexpected(std::move(key.error()));
        fetched.key = *key;
        fetched.iv = source.list().keys[*segment.key].iv.value_or(segment.defaultIv());
    }
    auto url = source.urlOf(segment, visit_);
    if (!url) co_return std::unexpected(std::move(url.error()));
    auto held = fetched.init ? fetched.init->size() : 0;
    auto times = segment.mayBeMissing ? 1 : missingTimes;
    auto body = co_await piece(std::move(*url), segment.range, times, held, share, stop);
    if (!body) {
        // Some stores refuse what they do not have.
        bool isAbsent = body.error().kind == Kind::not_found || body.error().kind == Kind::forbidden;
        if (!segment.mayBeMissing || !isAbsent) co_return std::unexpected(std::move(body.error()));
        fetched.isAbsent = true;
        co_return fetched;
    }
    fetched.bytes = std::move(body->bytes);
    fetched.isMultiplexed = body->isMultiplexed;
    co_return fetched;
}

}  // namespace auricle::streams
