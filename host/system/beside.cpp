#include "system/beside.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace auricle {

namespace asio = boost::asio;

Beside::Beside(asio::any_io_executor loop, const std::stop_token& stop)
    : loop_(loop), ended_(loop, asio::steady_timer::time_point::max()), onStop_(stop, Stop{stop_}) {}

void Beside::start(asio::awaitable<void> work) {
    ++running_;
    asio::co_spawn(loop_, std::move(work), [this](std::exception_ptr fault) {
        --running_;
        ended_.cancel();
        if (fault) std::rethrow_exception(fault);
    });
}

asio::awaitable<void> Beside::settled() {
    while (running_ > 0) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Beside::end() {
    stop_.request_stop();
    co_await settled();
}

}  // namespace auricle
