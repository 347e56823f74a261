// Calls somebody again and again while something is under way.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace auricle::capture {

/// On one loop, for as long as it lives: never from within its constructor, and never after its destructor
/// has begun.
class Ticker {
  public:
    Ticker(const boost::asio::any_io_executor& loop, std::chrono::milliseconds interval,
           std::function<void()> tick)
        : state_(std::make_shared<State>(loop, interval, std::move(tick))) {
        wait(state_);
    }
    ~Ticker() {
        state_->hasEnded = true;
        state_->timer.cancel();
    }
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

  private:
    struct State {
        State(const boost::asio::any_io_executor& loop, std::chrono::milliseconds every,
              std::function<void()> call)
            : timer(loop), interval(every), tick(std::move(call)) {}
        boost::asio::steady_timer timer;
        std::chrono::milliseconds interval;
        std::function<void()> tick;
        bool hasEnded = false;
    };
    static void wait(const std::shared_ptr<State>& state) {
        state->timer.expires_after(state->interval);
        state->timer.async_wait([state](boost::system::error_code) {
            if (state->hasEnded) return;
            state->tick();
            if (!state->hasEnded) wait(state);
        });
    }

    std::shared_ptr<State> state_;
};

}  // namespace auricle::capture
