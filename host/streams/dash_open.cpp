#include "streams/dash_open.h"

#include "media/dash_manifest.h"
#include "media/sidx.h"
#include "net/content_range.h"
#include "net/retry.h"
#include "streams/segment_sizes.h"
#include "streams/segments_way.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr int statusPartial = 206;
constexpr std::uint64_t mostIndexBytes = 4u << 20;
constexpr std::uint64_t mostBitsPerSecond = 1'000'000'000, mostMs = 1'000'000'000;

std::uint64_t bytesOf(std::uint64_t bitsPerSecond, std::uint64_t durationMs) {
    if (bitsPerSecond > mostBitsPerSecond || durationMs > mostMs) return 0;
    return bitsPerSecond * durationMs / 8000;
}

Result<std::string> partOf(net::Response response, const media::ByteRange& range, const Visit& visit) {
    const auto& head = response.head;
    if (auto allowed = judgeAnswer(head, visit); !allowed) return std::unexpected(std::move(allowed.error()));
    auto text = head.headers.find("content-range");
    auto answered = text ? net::parseContentRange(*text) : std::nullopt;
    if (head.status != statusPartial || !answered || answered->first != range.offset ||
        response.body.size() != range.length) {
        return fail(Kind::not_media,
                    head.url.host() + " did not give the part of the file that holds its index.");
    }
    return std::move(response.body);
}

asio::awaitable<Result<std::string>> indexBytes(const net::Url& url, const media::ByteRange& range,
                                                const Visit& visit) {
    if (range.length > mostIndexBytes || range.offset > UINT64_MAX - range.length)
        co_return fail(Kind::too_large, "The index of the recording is larger than any real one.");
    std::function<asio::awaitable<Result<std::string>>()> attempt =
        [&]() -> asio::awaitable<Result<std::string>> {
        auto request = requestFor(url, visit);
        auto last = range.offset + range.length - 1;
        request.headers.push_back(
            {"Range", "bytes=" + std::to_string(range.offset) + "-" + std::to_string(last)});
        auto response = co_await visit.http.send(std::move(request));
        if (!response) co_return std::unexpected(std::move(response.error()));
        co_return partOf(std::move(*response), range, visit);
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<std::string>(policy, visit.timing, visit.stop, attempt);
}

Result<net::Url> baseOf(const net::Url& manifest, const media::DashSource& period, const Visit& visit) {
    auto url = manifest;
    for (const auto& reference : period.base) {
        auto next = follow(url, reference, visit);
        if (!next) return next;
        url = std::move(*next);
    }
    return url;
}

/// All periods of a track as one list.
class Joining {
  public:
    Joining(const net::Url& manifest, const Visit& visit) : manifest_(manifest), visit_(visit) {
        list_.bases.clear();
    }

    asio::awaitable<Result<void>> add(const media::DashSource& period) {
        std::vector<media::Segment> segments = period.segments;
        if (period.index) {
            auto indexed = co_await read(period);
            if (!indexed) co_return std::unexpected(std::move(indexed.error()));
            segments = std::move(*indexed);
        }
        if (list_.segments.size() + segments.size() > media::mostSegments)
            co_return fail(Kind::too_large, "The manifest has more segments than any recording.");
        auto base = static_cast<std::uint32_t>(list_.bases.size());
        list_.bases.push_back(period.base);
        std::optional<std::uint32_t> init;
        if (period.init) {
            init = static_cast<std::uint32_t>(list_.inits.size());
            list_.inits.push_back(*period.init);
            list_.inits.back().base = base;
        }
        bool isDiscontinuous = !list_.segments.empty();
        for (auto& segment : segments) {
            segment.base = base;
            segment.init = init;
            segment.number = list_.segments.size();
            segment.isDiscontinuous = std::exchange(isDiscontinuous, false);
            list_.segments.push_back(std::move(segment));
        }
        co_return Result<void>{};
    }

    media::SegmentList& list() { return list_; }

  private:
    asio::awaitable<Result<std::vector<media::Segment>>> read(const media::DashSource& period) {
        auto url = baseOf(manifest_, period, visit_);
        if (!url) co_return std::unexpected(std::move(url.error()));
        auto bytes = co_await indexBytes(*url, *period.index, visit_);
        if (!bytes) co_return std::unexpected(std::move(bytes.error()));
        auto parts = media::readSidx(std::as_bytes(std::span(*bytes)), period.index->offset);
        if (!parts) co_return std::unexpected(std::move(parts.error()));
        std::vector<media::Segment> segments;
        for (const auto& part : *parts)
            segments.push_back({.uri = {}, .range = part.range, .durationUs = part.durationUs});
        co_return segments;
    }

    const net::Url& manifest_;
    const Visit& visit_;
    media::SegmentList list_;
};

/// One file in one period is no list of segments: what it is shows when it is looked into.
bool isOneFile(const media::DashTrack& track) {
    return track.periods.size() == 1 && track.periods.front().isWholeFile();
}

asio::awaitable<Result<Ways>> waysOf(const net::Url& manifest, const media::DashManifest& from,
                                     const media::DashTrack& track, const Visit& visit,
                                     const OpenFile& openFile) {
    if (isOneFile(track)) {
        auto url = baseOf(manifest, track.periods.front(), visit);
        if (!url) co_return std::unexpected(std::move(url.error()));
        co_return co_await openFile(std::move(*url));
    }
    Joining joining(manifest, visit);
    for (auto period : track.periods) {
        if (period.isWholeFile()) period.segments.push_back({.uri = {}});
        if (auto added = co_await joining.add(period); !added)
            co_return std::unexpected(std::move(added.error()));
    }
    auto source = SegmentSource::of(manifest, std::move(joining.list()), visit);
    if (!source) co_return std::unexpected(std::move(source.error()));
    auto durationMs = from.durationMs ? from.durationMs : source->list().durationMs();
    SegmentsOffer offer{.how = track.isMuxed ? "audio-from-video" : "audio-rendition",
                        .language = track.language,
                        .bytes = bytesOf(track.bandwidth, durationMs),
                        .wholeBytes = bytesOf(from.mostBandwidth, durationMs),
                        .bitsPerSecond = std::min(track.bandwidth, mostBitsPerSecond)};
    if (auto ranged = source->list().rangedBytes(); ranged > 0) offer.bytes = ranged;
    if (offer.bytes == 0) offer.bytes = co_await measuredBytes(*source, visit);
    Ways ways{std::make_shared<SegmentsWay>(std::move(offer), std::move(*source))};
    co_return ways;
}

}  // namespace

asio::awaitable<Result<Ways>> openDash(const Document& document, const Wishes& wishes, const Visit& visit,
                                       const OpenFile& openFile) {
    auto manifest = media::readDashManifest(document.text, wishes.language);
    if (!manifest) co_return std::unexpected(std::move(manifest.error()));
    Ways all;
    std::optional<Error> trouble;
    for (const auto& track : manifest->tracks) {
        auto ways = co_await waysOf(document.url, *manifest, track, visit, openFile);
        if (ways) {
            all.insert(all.end(), ways->begin(), ways->end());
            continue;
        }
        bool isAboutTheWay = ways.error().kind == Kind::not_found || ways.error().kind == Kind::not_media;
        if (!isAboutTheWay) co_return std::unexpected(std::move(ways.error()));
        if (!trouble) trouble = std::move(ways.error());
    }
    if (all.empty()) co_return std::unexpected(std::move(*trouble));
    co_return all;
}

}  // namespace auricle::streams
