// Many things fetched at once and handed over one after the other: as many ahead as the connection and the
// memory bear.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "system/error.h"

namespace auricle::net {

/// The bytes that all tasks of one run hold together.
struct AheadRoom {
    std::uint64_t most;      ///< bytes
    std::uint64_t held = 0;  ///< bytes
};

/// What one task holds of the room.
class AheadShare {
  public:
    AheadShare(AheadRoom& room, std::uint64_t expected) : room_(room), held_(expected) {
        room_.held += held_;
    }
    AheadShare(const AheadShare&) = delete;
    AheadShare& operator=(const AheadShare&) = delete;
    ~AheadShare() { room_.held -= held_; }

    /// To be told before more is taken into memory than was expected: how much the task will then hold
    /// altogether. False: there is no room for it now. The task gives back what it has and ends with whatever
    /// error; it is run again when there is room. Whoever is next in the order always has room.
    bool hold(std::uint64_t bytes) {
        if (bytes <= held_) return true;
        bool fits = isNext_ || room_.held - held_ + bytes <= room_.most;
        if (fits) {
            set(bytes);
        } else {
            refused_ = bytes;
        }
        return fits;
    }

  private:
    template <class T>
    friend class AheadRun;

    void set(std::uint64_t bytes) {
        room_.held = room_.held - held_ + bytes;
        held_ = bytes;
    }

    AheadRoom& room_;
    std::uint64_t held_;
    std::uint64_t refused_ = 0;  ///< what there was no room for; 0: nothing was refused
    bool isNext_ = false;
};

template <class T>
struct Ahead {
    std::uint64_t first = 0, end = 0;  ///< tasks [first, end)
    /// How many may run at once; asked whenever one more could be started.
    std::function<unsigned()> atOnce;
    std::uint64_t mostBytes = 16u << 20;
    /// About how many bytes the result of a task will take.
    std::function<std::uint64_t(std::uint64_t index)> expected;
    /// Runs on the loop, many at a time. Has to end soon once the token is stopped.
    std::function<boost::asio::awaitable<Result<T>>(std::uint64_t index, AheadShare& share,
                                                    std::stop_token stop)>
        fetch;
    /// Gets the results, one at a time and in order.
    std::function<boost::asio::awaitable<Result<void>>(std::uint64_t index, T result)> take;
};

template <class T>
class AheadRun : public std::enable_shared_from_this<AheadRun<T>> {
  public:
    AheadRun(boost::asio::any_io_executor loop, Ahead<T> how)
        : loop_(loop),
          changed_(loop, boost::asio::steady_timer::time_point::max()),
          how_(std::move(how)),
          room_{.most = how_.mostBytes},
          next_(how_.first),
          started_(how_.first) {}

    boost::asio::awaitable<Result<void>> run(std::stop_token stop) {
        Result<void> outcome;
        {
            std::stop_callback onStop(stop, [this] {
                stop_.request_stop();
                changed_.cancel();
            });
            outcome = co_await takeAll();
        }
        stop_.request_stop();
        changed_.cancel();
        // Tasks refer to what the caller holds: none outlives this.
        while (running_ > 0) co_await change();
        co_return outcome;
    }

  private:
    struct Slot {
        Slot(AheadRoom& room, std::uint64_t expected) : share(room, expected) {}
        AheadShare share;
        std::optional<Result<T>> result;
    };

    boost::asio::awaitable<Result<void>> takeAll() {
        while (next_ < how_.end) {
            fill();
            if (stop_.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
            if (!slots_.front()->result) {
                co_await change();
                continue;
            }
            auto slot = slots_.front();
            if (!*slot->result) co_return std::unexpected(std::move(slot->result->error()));
            auto taken = co_await how_.take(next_, std::move(**slot->result));
            if (!taken) co_return taken;
            slot.reset();
            slots_.pop_front();
            ++next_;
            if (!slots_.empty()) slots_.front()->share.isNext_ = true;
            changed_.cancel();
        }
        co_return Result<void>{};
    }

    void fill() {
        while (started_ < how_.end && running_ < how_.atOnce() && !stop_.stop_requested()) {
            auto expected = std::max(how_.expected(started_), leastBytes);
            if (!slots_.empty() && room_.held + expected > room_.most) return;
            auto slot = std::make_shared<Slot>(room_, expected);
            slot->share.isNext_ = slots_.empty();
            slots_.push_back(slot);
            ++running_;
            boost::asio::co_spawn(loop_, work(this->shared_from_this(), started_++, slot),
                                  boost::asio::detached);
        }
    }

    /// Static, so that its frame holds what it needs.
    static boost::asio::awaitable<void> work(std::shared_ptr<AheadRun> self, std::uint64_t index,
                                             std::shared_ptr<Slot> slot) {
        for (;;) {
            auto stop = self->stop_.get_token();
            auto result = co_await self->how_.fetch(index, slot->share, stop);
            auto wanted = std::exchange(slot->share.refused_, 0);
            if (result || wanted == 0) {
                slot->result = std::move(result);
                break;
            }
            slot->share.set(0);
            while (!slot->share.hold(wanted) && !self->stop_.stop_requested()) co_await self->change();
            slot->share.refused_ = 0;
        }
        --self->running_;
        self->fill();
        self->changed_.cancel();
    }

    boost::asio::awaitable<void> change() {
        co_await changed_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

    static constexpr std::uint64_t leastBytes = 16 * 1024;  ///< so that tiny results are bounded in number

    boost::asio::any_io_executor loop_;
    boost::asio::steady_timer changed_;
    Ahead<T> how_;
    AheadRoom room_;
    std::uint64_t next_, started_;
    unsigned running_ = 0;
    std::deque<std::shared_ptr<Slot>> slots_;  ///< those that were started and not yet taken
    std::stop_source stop_;
};

/// Fetches and takes all tasks. The first error ends it, that of an earlier task before that of a later one;
/// when it returns, no task runs any more. `stop` ends it with Kind::cancelled.
template <class T>
boost::asio::awaitable<Result<void>> fetchAhead(Ahead<T> how, std::stop_token stop) {
    auto loop = co_await boost::asio::this_coro::executor;
    auto run = std::make_shared<AheadRun<T>>(loop, std::move(how));
    co_return co_await run->run(stop);
}

}  // namespace auricle::net
