#include "sites/playback_keys.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace auricle::sites {

namespace asio = boost::asio;

namespace {
constexpr std::uint64_t farthestAhead = 2 * PlaybackSession::mostKeysAtOnce;
}  // namespace

PlaybackKeys::PlaybackKeys(PlaybackSession& session, std::string rendition, std::uint64_t first,
                           std::uint64_t end, asio::any_io_executor loop)
    : session_(session),
      rendition_(std::move(rendition)),
      next_(first),
      end_(end),
      wanted_(first),
      changed_(std::move(loop), asio::steady_timer::time_point::max()) {}

asio::awaitable<void> PlaybackKeys::run(std::stop_token stop) {
    std::stop_callback onStop(stop, [this] { changed_.cancel(); });
    while (next_ < end_ && !stop.stop_requested()) {
        auto count = std::min<std::uint64_t>(end_ - next_, PlaybackSession::mostKeysAtOnce);
        if (next_ + count > wanted_ + farthestAhead) {
            co_await change();
            continue;
        }
        auto seals = co_await session_.keys(rendition_, next_, static_cast<std::size_t>(count));
        if (!seals) {
            failure_ = std::move(seals.error());
            break;
        }
        for (auto& seal : *seals) seals_[next_++] = std::make_shared<const SegmentSeal>(std::move(seal));
        changed_.cancel();
    }
    changed_.cancel();
}

asio::awaitable<Result<PlaybackKeys::Seal>> PlaybackKeys::get(std::uint64_t index, std::stop_token stop) {
    std::stop_callback onStop(stop, [this] { changed_.cancel(); });
    if (index > wanted_) {
        wanted_ = index;
        changed_.cancel();
    }
    for (;;) {
        if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        if (auto found = seals_.find(index); found != seals_.end()) co_return found->second;
        if (failure_) co_return std::unexpected(*failure_);
        co_await change();
    }
}

asio::awaitable<void> PlaybackKeys::change() {
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace auricle::sites
