#include "streams/segment_sizes.h"

#include <array>
#include <charconv>

#include "net/ahead.h"
#include "streams/document.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t samples = 3;
constexpr std::uint32_t patienceMs = 5000;
constexpr int statusOk = 200;

asio::awaitable<std::uint64_t> sizeOf(const SegmentSource& source, std::size_t index, const Visit& visit,
                                      std::stop_token stop) {
    auto url = source.urlOf(source[index], visit);
    if (!url) co_return 0;
    auto request = requestFor(*url, visit);
    request.method = "HEAD";
    request.totalTimeoutMs = patienceMs;
    request.stop = std::move(stop);
    auto response = co_await visit.http.send(std::move(request));
    if (!response || response->head.status != statusOk) co_return 0;
    auto text = response->head.headers.find("content-length");
    std::uint64_t bytes = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), bytes);
    co_return bytes;
}

}  // namespace

asio::awaitable<std::uint64_t> measuredBytes(const SegmentSource& source, const Visit& visit) {
    if (auto ranged = source.list().rangedBytes(); ranged > 0) co_return ranged;
    std::uint64_t bytes = 0, durationUs = 0;
    bool isWhole = source.size() > 0;
    auto place = [&source](std::uint64_t sample) {
        return static_cast<std::size_t>(source.size() * (2 * sample + 1) / (2 * samples));
    };
    net::Ahead<std::uint64_t> ahead;
    ahead.end = isWhole ? samples : 0;
    ahead.atOnce = [] { return unsigned{samples}; };
    ahead.expected = [](std::uint64_t) { return std::uint64_t{0}; };
    ahead.fetch = [&](std::uint64_t sample, net::AheadShare&,
                      std::stop_token stop) -> asio::awaitable<Result<std::uint64_t>> {
        co_return co_await sizeOf(source, place(sample), visit, std::move(stop));
    };
    ahead.take = [&](std::uint64_t sample, std::uint64_t size) -> asio::awaitable<Result<void>> {
        isWhole = isWhole && size > 0;
        bytes += size;
        durationUs += source[place(sample)].durationUs;
        co_return Result<void>{};
    };
    auto measured = co_await net::fetchAhead<std::uint64_t>(std::move(ahead), visit.stop);
    if (!measured || !isWhole || durationUs == 0) co_return 0;
    auto wholeUs = static_cast<double>(source.list().durationMs()) * 1000;
    co_return static_cast<std::uint64_t>(static_cast<double>(bytes) * wholeUs /
                                         static_cast<double>(durationUs));
}

}  // namespace auricle::streams
