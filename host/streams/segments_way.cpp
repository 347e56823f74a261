#include "streams/segments_way.h"

#include "streams/segment_run.h"

namespace auricle::streams {

namespace asio = boost::asio;

asio::awaitable<Result<void>> SegmentsWay::fetch(Visit visit, Target& target, OnProgress onProgress) const {
    auto loop = co_await asio::this_coro::executor;
    SegmentRun::Options options{.language = offer_.language,
                                .bitsPerSecond = offer_.bitsPerSecond,
                                .isLive = false,
                                .onProgress = std::move(onProgress)};
    SegmentRun run(visit, target, loop, std::move(options));
    net::Validator validator{.etag = source_.identity(), .lastModified = {}, .total = 0};
    auto cursor = co_await run.begin(std::move(validator), source_.size());
    if (!cursor) co_return std::unexpected(std::move(cursor.error()));
    auto appended = co_await run.append(source_, static_cast<std::size_t>(*cursor));
    if (!appended) co_return appended;
    co_return run.finish();
}

}  // namespace auricle::streams
