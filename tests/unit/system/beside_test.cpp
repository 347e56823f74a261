#include "system/beside.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

namespace auricle {
namespace {

namespace asio = boost::asio;

class BesideTest : public testing::Test {
  protected:
    /// Takes three turns of the loop, or fewer when it is asked to stop.
    asio::awaitable<void> work(std::stop_token stop) {
        for (int turn = 0; turn < 3 && !stop.stop_requested(); ++turn) {
            co_await asio::post(loop, asio::use_awaitable);
            told += '.';
        }
        told += "over ";
    }
    void run(asio::awaitable<void> last) {
        auto andTell = [this](std::exception_ptr) { told += "returned"; };
        asio::co_spawn(loop, std::move(last), andTell);
        loop.run();
    }

    asio::io_context loop;
    std::stop_source owner;
    std::string told;
};

TEST_F(BesideTest, IsSettledWhenAllThatWasStartedHasComeToItsOwnEnd) {
    Beside beside(loop.get_executor());
    beside.start(work(beside.token()));
    beside.start(work(beside.token()));
    run(beside.settled());
    EXPECT_EQ(std::ranges::count(told, '.'), 6) << told;
    EXPECT_TRUE(told.ends_with("over returned")) << told;
}

TEST_F(BesideTest, IsSettledAtOnceWhereNothingRuns) {
    Beside beside(loop.get_executor());
    run(beside.settled());
    EXPECT_EQ(told, "returned");
}

TEST_F(BesideTest, AsksAllToStopAndReturnsWhenTheyHave) {
    Beside beside(loop.get_executor());
    beside.start(work(beside.token()));
    run(beside.end());
    EXPECT_TRUE(told == "over returned" || told == ".over returned") << told;
}

TEST_F(BesideTest, HandsOnThatItsOwnerIsStopped) {
    Beside beside(loop.get_executor(), owner.get_token());
    beside.start(work(beside.token()));
    owner.request_stop();
    run(beside.settled());
    EXPECT_TRUE(told == "over returned" || told == ".over returned") << told;
}

}  // namespace
}  // namespace auricle
