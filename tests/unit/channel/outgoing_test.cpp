#include "channel/outgoing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>

#include "served.h"

namespace auricle::channel {
namespace {

class OutgoingQueue : public testing::Test {
  protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        ASSERT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
        ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        reader = ends[0];
        queue = make(ends[1]);
    }
    void TearDown() override {
        if (reader >= 0) ::close(reader);
    }
    std::shared_ptr<Outgoing> make(int descriptor) {
        return std::make_shared<Outgoing>(
            Stream(loop, descriptor),
            Outgoing::Callbacks{.room = [this] { ++rooms; }, .gone = [this] { ++goners; }});
    }
    void step() {
        loop.restart();
        while (loop.poll() > 0) {
        }
    }
    /// What a client reads that takes `size` bytes at a time.
    std::vector<std::string> readAll(std::size_t size = 4096) {
        std::string buffer(size, '\0');
        for (;;) {
            step();
            const ssize_t bytes = ::read(reader, buffer.data(), buffer.size());
            if (bytes <= 0) break;
            received.append(buffer, 0, static_cast<std::size_t>(bytes));
        }
        return channel_test::takeFrames(received);
    }
    /// Something under way, so that all that is pushed behind it waits.
    void block() {
        queue->push(std::string(100'000, '.'));
        step();
    }

    boost::asio::io_context loop{1};
    int reader = -1;
    std::shared_ptr<Outgoing> queue;
    std::string received;
    unsigned rooms = 0, goners = 0;
};

using Texts = std::vector<std::string>;

Texts withoutFirst(Texts texts) {
    if (!texts.empty()) texts.erase(texts.begin());
    return texts;
}

TEST_F(OutgoingQueue, writes_at_once_what_the_stream_takes) {
    queue->push("{}");
    std::array<char, 6> bytes{};
    EXPECT_EQ(::read(reader, bytes.data(), bytes.size()), 6);
    EXPECT_EQ(std::string(bytes.data(), 6), channel_test::framed("{}"));
}

TEST_F(OutgoingQueue, keeps_the_order_through_partial_writes) {
    Texts expected;
    for (std::size_t i = 0; i < 200; ++i) {
        expected.push_back(std::to_string(i) + std::string(i * 37 % 9000, 'x'));
        queue->push(expected.back());
    }
    EXPECT_EQ(readAll(1013), expected);
    EXPECT_EQ(queue->waitingBytes(), 0U);
    EXPECT_TRUE(queue->isEmpty());
}

TEST_F(OutgoingQueue, keeps_only_the_newest_progress_of_a_capture_at_the_old_place) {
    block();
    queue->pushProgress("a", "a 1");
    queue->pushProgress("b", "b 1");
    queue->push("reply");
    queue->pushProgress("a", "a 2");
    queue->pushProgress("a", "a 3");
    EXPECT_EQ(withoutFirst(readAll()), (Texts{"a 3", "b 1", "reply"}));
}

TEST_F(OutgoingQueue, a_change_of_state_takes_the_waiting_progress_away) {
    block();
    queue->pushProgress("a", "a 99 %");
    queue->pushProgress("b", "b 5 %");
    queue->pushState("a", "a done");
    queue->pushState("a", "a started anew");
    queue->pushProgress("a", "a 1 %");
    EXPECT_EQ(withoutFirst(readAll()), (Texts{"b 5 %", "a done", "a started anew", "a 1 %"}));
}

TEST_F(OutgoingQueue, does_not_change_what_is_under_way) {
    queue->pushProgress("a", std::string(50'000, '1'));
    step();
    queue->pushProgress("a", std::string(10, '2'));
    queue->pushState("a", "state");
    EXPECT_EQ(readAll(), (Texts{std::string(50'000, '1'), "state"}));
}

TEST_F(OutgoingQueue, ten_thousand_progresses_to_a_client_that_does_not_read_cost_no_memory) {
    block();
    const std::size_t before = queue->waitingBytes();
    for (int i = 0; i < 10'000; ++i) {
        queue->pushProgress("a", "progress " + std::to_string(i));
        queue->pushProgress("b", "progress " + std::to_string(i));
    }
    EXPECT_LT(queue->waitingBytes() - before, 100U);
    EXPECT_EQ(withoutFirst(readAll()), (Texts{"progress 9999", "progress 9999"}));
}

TEST_F(OutgoingQueue, states_that_nobody_reads_are_bounded_and_the_newest_is_told) {
    for (int i = 0; i < 30; ++i) queue->push(std::string(300'000, '.'));
    ASSERT_GT(queue->waitingBytes(), Outgoing::hardLimitBytes);
    const std::size_t before = queue->waitingBytes();
    for (int i = 0; i < 10'000; ++i) queue->pushState(i % 2 == 0 ? "a" : "b", "state " + std::to_string(i));
    EXPECT_LT(queue->waitingBytes() - before, 100U);
    const auto texts = readAll(65536);
    EXPECT_EQ(Texts(texts.end() - 2, texts.end()), (Texts{"state 9998", "state 9999"}));
}

TEST_F(OutgoingQueue, below_the_limit_no_state_is_lost) {
    block();
    for (int i = 0; i < 1000; ++i) queue->pushState("a", "state");
    EXPECT_EQ(readAll().size(), 1001U);
}

TEST_F(OutgoingQueue, is_full_until_most_of_it_is_read) {
    while (!queue->isFull()) queue->push(std::string(500'000, '.'));
    EXPECT_GE(queue->waitingBytes(), Outgoing::fullBytes);
    std::string buffer(65536, '\0');
    while (queue->isFull()) {
        EXPECT_EQ(rooms, 0U);
        ASSERT_GT(::read(reader, buffer.data(), buffer.size()), 0);
        step();
    }
    EXPECT_EQ(rooms, 1U);
    EXPECT_LE(queue->waitingBytes(), Outgoing::roomBytes);
}

TEST_F(OutgoingQueue, notices_that_nobody_reads_any_more) {
    block();
    queue->push("waits");
    ::close(std::exchange(reader, -1));
    step();
    EXPECT_EQ(goners, 1U);
    queue->push("late");
    queue->pushProgress("a", "late");
    step();
    EXPECT_EQ(goners, 1U);
    EXPECT_EQ(queue->waitingBytes(), 0U);
    EXPECT_TRUE(queue->isEmpty());
}

TEST_F(OutgoingQueue, writes_to_a_regular_file_too) {
    FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    auto toFile = make(::dup(::fileno(file)));
    for (int i = 0; i < 100; ++i) toFile->push("frame " + std::to_string(i));
    step();
    EXPECT_TRUE(toFile->isEmpty());
    std::string bytes(4096, '\0');
    std::rewind(file);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    EXPECT_EQ(channel_test::takeFrames(bytes).size(), 100U);
    std::fclose(file);
}

}  // namespace
}  // namespace auricle::channel
