#include "streams/hls_open.h"

#include <algorithm>

#include "streams/hls_choice.h"
#include "streams/hls_rendition.h"
#include "streams/live_way.h"
#include "streams/segment_sizes.h"
#include "streams/segments_way.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

/// Milliseconds times bits a second, in bytes; 0 where either is beyond any recording.
std::uint64_t bytesOf(std::uint64_t bitsPerSecond, std::uint64_t durationMs) {
    constexpr std::uint64_t mostBitsPerSecond = 1'000'000'000, mostMs = 1'000'000'000;
    if (bitsPerSecond > mostBitsPerSecond || durationMs > mostMs) return 0;
    return bitsPerSecond * durationMs / 8000;
}

bool hasGap(const SegmentSource& source) {
    return std::ranges::any_of(source.list().segments, &media::Segment::isGap);
}

std::unexpected<Error> hasGaps() {
    return fail(Kind::not_found,
                "The site's own list says that parts of this recording were lost when it was made, so there "
                "would be a hole. Ask the lecturer for another copy.");
}

class Opening {
  public:
    Opening(const Wishes& wishes, const Visit& visit) : wishes_(wishes), visit_(visit) {}

    asio::awaitable<Result<Ways>> master(const Document& document, const media::HlsMaster& master) {
        wholeBitsPerSecond_ = bestBandwidth(master);
        for (const auto& choice : chooseSound(master, wishes_.language)) {
            auto added = co_await add(document.url, master, choice);
            if (!added) co_return std::unexpected(std::move(added.error()));
        }
        if (ways_.empty()) co_return std::unexpected(trouble_ ? std::move(*trouble_) : noSound());
        // Two groups may turn out the other way round than their variants promised.
        std::ranges::stable_sort(ways_, [](const auto& a, const auto& b) {
            return a->how() == b->how() && a->bytes() != 0 && b->bytes() != 0 && a->bytes() < b->bytes();
        });
        co_return std::move(ways_);
    }

    asio::awaitable<Result<Ways>> media(const net::Url& asked, const Document& document) {
        auto rendition = readRendition(document, {}, visit_);
        if (!rendition) co_return std::unexpected(std::move(rendition.error()));
        HlsAddress address{.url = asked};
        // What its segments hold shows only when they are there.
        HlsChoice choice{.uri = {}, .how = "audio-rendition"};
        if (auto added = co_await add(std::move(*rendition), std::move(address), choice); !added)
            co_return std::unexpected(std::move(added.error()));
        if (ways_.empty()) co_return std::unexpected(std::move(*trouble_));
        co_return std::move(ways_);
    }

  private:
    static Error noSound() {
        return {.kind = Kind::not_media, .message = "The playlist offers nothing that has sound in it."};
    }

    /// A choice that turns out to be none is left out; what says something about the recording is an error.
    asio::awaitable<Result<void>> add(const net::Url& from, const media::HlsMaster& master,
                                      const HlsChoice& choice) {
        auto url = follow(from, choice.uri, visit_);
        if (!url) co_return left(std::move(url.error()));
        HlsAddress address{.url = std::move(*url), .definitions = master.definitions};
        auto rendition = co_await fetchRendition(address, visit_);
        if (!rendition) co_return left(std::move(rendition.error()));
        co_return co_await add(std::move(*rendition), std::move(address), choice);
    }

    asio::awaitable<Result<void>> add(HlsRendition rendition, HlsAddress address, const HlsChoice& choice) {
        auto durationMs = rendition.source.list().durationMs();
        SegmentsOffer offer{.how = choice.how,
                            .language = wishes_.language,
                            .bytes = bytesOf(choice.bitsPerSecond, durationMs),
                            .wholeBytes = bytesOf(wholeBitsPerSecond_, durationMs),
                            .bitsPerSecond = choice.bitsPerSecond};
        if (!rendition.isEnded) {
            ways_.push_back(std::make_shared<LiveWay>(std::move(offer), std::move(address)));
            co_return Result<void>{};
        }
        if (hasGap(rendition.source)) co_return left(hasGaps().error());
        if (offer.bytes == 0) offer.bytes = co_await measuredBytes(rendition.source, visit_);
        if (offer.bitsPerSecond == 0 && durationMs > 0) offer.bitsPerSecond = offer.bytes * 8000 / durationMs;
        ways_.push_back(std::make_shared<SegmentsWay>(std::move(offer), std::move(rendition.source)));
        co_return Result<void>{};
    }

    Result<void> left(Error error) {
        bool isAboutTheWay = error.kind == Kind::not_found || error.kind == Kind::not_media;
        if (!isAboutTheWay) return std::unexpected(std::move(error));
        if (!trouble_) trouble_ = std::move(error);
        return {};
    }

    const Wishes& wishes_;
    const Visit& visit_;
    std::uint64_t wholeBitsPerSecond_ = 0;
    Ways ways_;
    std::optional<Error> trouble_;  ///< why the first choice that was left out is none
};

}  // namespace

asio::awaitable<Result<Ways>> openHls(const net::Url& asked, const Document& document, const Wishes& wishes,
                                      const Visit& visit) {
    auto playlist = media::readHlsPlaylist(document.text, contextOf(document.url, {}));
    if (!playlist) co_return std::unexpected(std::move(playlist.error()));
    Opening opening(wishes, visit);
    if (const auto* master = std::get_if<media::HlsMaster>(&*playlist))
        co_return co_await opening.master(document, *master);
    co_return co_await opening.media(asked, document);
}

}  // namespace auricle::streams
