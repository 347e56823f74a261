// How many captures may move bytes at once; the others wait their turn in the order in which they came.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <stop_token>

#include "system/error.h"

namespace auricle::capture {

/// On one loop. A slot that was acquired is released exactly once.
class Slots {
  public:
    explicit Slots(unsigned count) : free_(count) {}
    /// Fails with cancelled when `stop` is stopped first.
    boost::asio::awaitable<Result<void>> acquire(std::stop_token stop);
    void release();

  private:
    unsigned free_;
    std::deque<boost::asio::steady_timer*> waiting_;
};

}  // namespace auricle::capture
