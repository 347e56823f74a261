#include "capture/slots.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace auricle::capture {

namespace asio = boost::asio;

asio::awaitable<Result<void>> Slots::acquire(std::stop_token stop) {
    if (free_ > 0) {
        --free_;
        co_return Result<void>{};
    }
    asio::steady_timer turn(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    waiting_.push_back(&turn);
    {
        std::stop_callback onStop(stop, [&turn] { turn.cancel(); });
        if (!stop.stop_requested()) co_await turn.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    auto place = std::ranges::find(waiting_, &turn);
    if (place == waiting_.end()) {
        // The slot was handed over; whoever was stopped in the same moment passes it on.
        if (!stop.stop_requested()) co_return Result<void>{};
        release();
    } else {
        waiting_.erase(place);
    }
    co_return fail(Kind::cancelled, "It was stopped.");
}

void Slots::release() {
    if (waiting_.empty()) {
        ++free_;
        return;
    }
    auto* next = waiting_.front();
    waiting_.pop_front();
    next->cancel();
}

}  // namespace auricle::capture
