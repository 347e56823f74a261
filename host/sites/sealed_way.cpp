#include "sites/sealed_way.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "media/aes_gcm.h"
#include "sites/playback_keys.h"
#include "streams/segment_run.h"
#include "system/beside.h"
#include "system/worker.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds endWithin{3'000}, endWhenStoppedWithin{250};

Result<void> openInPlace(const SegmentSeal& seal, std::vector<std::byte>& bytes) {
    constexpr auto keyBytes = media::Aes128Gcm::keyBytes;
    auto key = seal.dek.bytes().first<keyBytes>();
    auto opened = media::Aes128Gcm::open(key, seal.iv, bytes);
    bytes.resize(opened ? opened->size() : 0);
    if (opened) return {};
    auto error = std::move(opened.error());
    error.message += ". It was changed on its way, or belongs to something else; nothing of it was kept";
    return std::unexpected(std::move(error));
}

}  // namespace

asio::awaitable<Result<void>> SealedWay::fetch(streams::Visit visit, streams::Target& target,
                                               OnProgress onProgress) const {
    auto loop = co_await asio::this_coro::executor;
    asio::thread_pool openers(std::max(1u, std::thread::hardware_concurrency()));
    Beside beside(loop, visit.stop);
    auto alongside = visit;
    alongside.stop = beside.token();
    PlaybackSession session(alongside, offer_.video, random_);
    std::optional<PlaybackKeys> keys;
    streams::SegmentRun::Options options{.language = offer_.language,
                                         .bitsPerSecond = offer_.bitsPerSecond,
                                         .isLive = false,
                                         .onProgress = std::move(onProgress)};
    options.unseal = [&keys, &openers](std::size_t index, std::vector<std::byte>& bytes,
                                       std::stop_token stop) -> asio::awaitable<Result<void>> {
        auto seal = co_await keys->get(index, std::move(stop));
        if (!seal) co_return std::unexpected(std::move(seal.error()));
        auto work = [seal = *seal, &bytes] { return openInPlace(*seal, bytes); };
        auto opened = co_await onWorker(openers.get_executor(), work);
        keys->drop(index);
        co_return opened;
    };
    streams::SegmentRun run(visit, target, loop, std::move(options));
    net::Validator validator{.etag = source_.identity(), .lastModified = {}, .total = 0};
    auto cursor = co_await run.begin(std::move(validator), source_.size());
    if (!cursor) co_return std::unexpected(std::move(cursor.error()));
    keys.emplace(session, offer_.rendition, *cursor, source_.size(), loop);
    beside.start(keys->run(beside.token()));
    beside.start(session.keepAlive(beside.token()));
    auto appended = co_await run.append(source_, static_cast<std::size_t>(*cursor));
    co_await beside.end();
    co_await session.end(visit.stop.stop_requested() ? endWhenStoppedWithin : endWithin);
    if (!appended) co_return appended;
    co_return run.finish();
}

}  // namespace auricle::sites
