// What goes on beside something else, on the same loop, and must not outlive it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stop_token>

namespace auricle {

/// Either settled() or end() returns before this is destroyed. Work that throws ends the program.
class Beside {
  public:
    explicit Beside(boost::asio::any_io_executor loop, const std::stop_token& stop = {});
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

    /// Asked to stop by end(), or by the token that was given.
    std::stop_token token() const { return stop_.get_token(); }
    void start(boost::asio::awaitable<void> work);
    /// Returns when all that was started has come to its own end.
    boost::asio::awaitable<void> settled();
    /// Asks all of it to stop, and returns when it has.
    boost::asio::awaitable<void> end();

  private:
    struct Stop {
        std::stop_source source;
        void operator()() { source.request_stop(); }
    };

    boost::asio::any_io_executor loop_;
    boost::asio::steady_timer ended_;
    std::stop_source stop_;
    std::stop_callback<Stop> onStop_;
    unsigned running_ = 0;
};

}  // namespace auricle
