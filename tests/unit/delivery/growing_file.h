// A file that grows when a test says so, seen by who delivers it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "delivery/delivery.h"

namespace auricle::delivery::testing {

class GrowingFile final : public Growing {
  public:
    GrowingFile(boost::asio::io_context& loop, std::uint64_t safe, std::uint64_t whole)
        : loop_(loop),
          safe_(safe),
          whole_(whole),
          grown_(loop, boost::asio::steady_timer::time_point::max()) {}

    void grow(std::uint64_t bytes) {
        safe_ += bytes;
        change();
    }
    void end() {
        isGrowing_ = false;
        change();
    }
    /// Asked whenever somebody has nothing to do until there is more.
    std::function<void()> whenAwaited{};

    std::uint64_t safeBytes() const override { return safe_; }
    std::uint64_t wholeBytes() const override { return whole_; }
    bool isGrowing() const override { return isGrowing_; }
    boost::asio::awaitable<Result<void>> waitForMore(std::uint64_t than) override {
        while (safe_ <= than && isGrowing_) {
            tellThatAwaited();
            co_await grown_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        if (safe_ <= than) co_return fail(Kind::cancelled, "The file does not grow any more.");
        co_return Result<void>{};
    }
    void tellOfMore(std::uint64_t than, std::function<void()> told) override {
        than_ = than;
        told_ = std::move(told);
        if (!told_) return;
        if (safe_ <= than) tellThatAwaited();
        boost::asio::post(loop_, [this] { answer(); });
    }

  private:
    void tellThatAwaited() {
        if (whenAwaited) boost::asio::post(loop_, whenAwaited);
    }
    void change() {
        grown_.cancel();
        answer();
    }
    void answer() {
        if (!told_ || (safe_ <= than_ && isGrowing_)) return;
        auto told = std::exchange(told_, {});
        told();
    }

    boost::asio::io_context& loop_;
    std::uint64_t safe_, whole_, than_ = 0;
    bool isGrowing_ = true;
    std::function<void()> told_;
    boost::asio::steady_timer grown_;
};

}  // namespace auricle::delivery::testing
