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
#include "system/worker.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds endWithin{3'000}, endWhenStoppedWithin{250};

/// What goes on beside the fetching and refers to what it holds: none of it outlives end().
class Beside {
  public:
    Beside(asio::any_io_executor loop, const std::stop_token& stop)
        : loop_(loop), ended_(loop, asio::steady_timer::time_point::max()), onStop_(stop, Stop{stop_}) {}

    std::stop_token token() const { return stop_.get_token(); }
    void start(asio::awaitable<void> work) {
        ++running_;
        asio::co_spawn(loop_, std::move(work), [this](std::exception_ptr fault) {
            --running_;
            ended_.cancel();
            if (fault) std::rethrow_exception(fault);
        });
    }
    asio::awaitable<void> end() {
        stop_.request_stop();
        while (running_ > 0) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
    }

  private:
    struct Stop {
        std::stop_source source;
        void operator()() { source.request_stop(); }
    };

    asio::any_io_executor loop_;
    asio::steady_timer ended_;
    std::stop_source stop_;
    std::stop_callback<Stop> onStop_;
    unsigned running_ = 0;
};

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
