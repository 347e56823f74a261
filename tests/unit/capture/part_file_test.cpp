#include "capture/part_file.h"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <fstream>

#include "../net/scripted_server.h"
#include "capture/meter.h"
#include "capture/slots.h"
#include "capture/ticker.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using namespace auricle;
using capture::PartFile;
using capture::SavedPart;

std::span<const std::byte> bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text));
}

std::string sha256(const std::string& text) {
    Sha256 digest;
    digest.update(bytesOf(text));
    return digest.hex();
}

class PartFileTest : public testing::Test {
  protected:
    std::shared_ptr<PartFile> open(SavedPart from) {
        auto opened =
            test::runOn(loop, PartFile::open(file, from, pool.get_executor(),
                                             [this](const SavedPart& part) { saved.push_back(part); }));
        EXPECT_TRUE(opened) << opened.error().message;
        return *opened;
    }
    std::string finish(PartFile& part) {
        auto digest = test::runOn(loop, part.finish());
        EXPECT_TRUE(digest);
        return *digest;
    }
    void save(PartFile& part) {
        auto saving = [&]() -> boost::asio::awaitable<bool> {
            co_await part.save();
            co_return true;
        };
        test::runOn(loop, saving());
    }
    test::TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "a.part";
    boost::asio::io_context loop;
    boost::asio::thread_pool pool{1};
    std::vector<SavedPart> saved;
    const net::Validator v1{.etag = "\"1\"", .lastModified = "", .total = 6},
        v2{.etag = "\"2\"", .lastModified = "", .total = 6};
};

TEST_F(PartFileTest, holds_what_was_appended_and_its_digest) {
    auto part = open({});
    ASSERT_TRUE(part->startOver(v1));
    ASSERT_TRUE(part->append(bytesOf("abc")));
    ASSERT_TRUE(part->append(bytesOf("def")));
    EXPECT_EQ(finish(*part), sha256("abcdef"));
    EXPECT_EQ(test::TemporaryFolder::read(file), "abcdef");
    ASSERT_EQ(saved.size(), 1u);
    EXPECT_TRUE(saved[0].isWhole);
    EXPECT_EQ(saved[0].bytes, 6u);
}

TEST_F(PartFileTest, goes_on_from_what_was_saved_and_cuts_what_was_not) {
    std::ofstream(file) << "abcXXXX";
    auto part = open({.bytes = 3, .validator = v1, .cursor = 0, .isWhole = false});
    EXPECT_EQ(part->size(), 3u);
    EXPECT_EQ(part->validator(), v1);
    ASSERT_TRUE(part->goOn());
    ASSERT_TRUE(part->append(bytesOf("def")));
    EXPECT_EQ(finish(*part), sha256("abcdef"));
    EXPECT_EQ(test::TemporaryFolder::read(file), "abcdef");
}

TEST_F(PartFileTest, saves_a_marked_part_up_to_its_last_mark_only) {
    auto part = open({});
    ASSERT_TRUE(part->startOver(v1));
    ASSERT_TRUE(part->append(bytesOf("abc")));
    part->mark(7);
    ASSERT_TRUE(part->append(bytesOf("de")));
    save(*part);
    ASSERT_EQ(saved.size(), 1u);
    EXPECT_EQ(saved[0].bytes, 3u);
    EXPECT_EQ(saved[0].cursor, 7u);
}

TEST_F(PartFileTest, knows_its_mark_again_and_forgets_it_when_it_starts_over) {
    std::ofstream(file) << "abcXX";
    auto part = open({.bytes = 3, .validator = v1, .cursor = 7, .isWhole = false});
    EXPECT_EQ(part->cursor(), 7u);
    EXPECT_EQ(part->size(), 3u);
    ASSERT_TRUE(part->startOver(v2));
    EXPECT_EQ(part->cursor(), 0u);
}

TEST_F(PartFileTest, begins_anew_when_the_file_is_shorter_than_was_written_down) {
    std::ofstream(file) << "ab";
    auto part = open({.bytes = 3, .validator = v1, .cursor = 0, .isWhole = false});
    EXPECT_EQ(part->size(), 0u);
}

TEST_F(PartFileTest, keeps_the_old_bytes_until_the_new_ones_have_passed_them) {
    std::ofstream(file) << "old!";
    auto part = open({.bytes = 4, .validator = v1, .cursor = 0, .isWhole = false});
    ASSERT_TRUE(part->startOver(v2));
    ASSERT_TRUE(part->append(bytesOf("new")));
    EXPECT_EQ(test::TemporaryFolder::read(file), "old!");
    EXPECT_EQ(part->size(), 3u);
    ASSERT_TRUE(part->append(bytesOf("er")));
    EXPECT_EQ(test::TemporaryFolder::read(file), "newer");
    EXPECT_EQ(finish(*part), sha256("newer"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.part.new"));
}

TEST_F(PartFileTest, takes_a_shorter_new_version_at_its_end) {
    std::ofstream(file) << "old and long";
    auto part = open({.bytes = 12, .validator = v1, .cursor = 0, .isWhole = false});
    ASSERT_TRUE(part->startOver(v2));
    ASSERT_TRUE(part->append(bytesOf("new")));
    EXPECT_EQ(finish(*part), sha256("new"));
    EXPECT_EQ(test::TemporaryFolder::read(file), "new");
}

TEST_F(PartFileTest, tells_who_follows_it_of_its_beginning_and_at_the_end_of_all) {
    auto part = open({});
    ASSERT_TRUE(part->startOver({.etag = "\"1\"", .lastModified = "", .total = 400'000}));
    part->setGrowing(true);
    auto growing = part->growing();
    std::vector<std::uint64_t> safe;
    auto follow = [&]() -> boost::asio::awaitable<bool> {
        while (co_await growing->waitForMore(safe.empty() ? 0 : safe.back())) {
            safe.push_back(growing->safeBytes());
            if (safe.back() == 400'000) co_return true;
        }
        co_return false;
    };
    std::optional<bool> sawAll;
    boost::asio::co_spawn(loop, follow(), [&](std::exception_ptr, bool seen) { sawAll = seen; });
    loop.restart();
    loop.poll();
    ASSERT_TRUE(part->append(bytesOf(std::string(300'000, 'x'))));
    while (safe.empty()) loop.run_one();
    EXPECT_EQ(safe, (std::vector<std::uint64_t>{300'000}));
    ASSERT_TRUE(part->append(bytesOf(std::string(100'000, 'x'))));
    finish(*part);
    loop.restart();
    loop.poll();
    EXPECT_EQ(safe.size(), 2u);
    EXPECT_EQ(sawAll, true);
}

TEST_F(PartFileTest, tells_whoever_asked_once_when_more_is_safe_or_none_will_come) {
    auto part = open({});
    ASSERT_TRUE(part->startOver({.etag = "\"1\"", .lastModified = "", .total = 900'000}));
    part->setGrowing(true);
    auto growing = part->growing();
    EXPECT_TRUE(growing->isGrowing());
    std::vector<std::uint64_t> told;
    const auto goesOn = boost::asio::make_work_guard(loop);
    auto tell = [&] { told.push_back(growing->safeBytes()); };
    growing->tellOfMore(0, tell);
    EXPECT_TRUE(told.empty());
    ASSERT_TRUE(part->append(bytesOf(std::string(300'000, 'x'))));
    loop.restart();
    while (told.empty()) loop.run_one();
    EXPECT_EQ(told, (std::vector<std::uint64_t>{300'000}));
    // Told once; and what nobody waits for may wait for its MiB.
    ASSERT_TRUE(part->append(bytesOf(std::string(300'000, 'x'))));
    pool.join();
    loop.poll();
    EXPECT_EQ(told.size(), 1u);
    EXPECT_EQ(growing->safeBytes(), 300'000u);
    growing->tellOfMore(800'000, tell);
    part->setGrowing(false);
    loop.restart();
    loop.poll();
    EXPECT_EQ(told.size(), 2u);
    EXPECT_FALSE(growing->isGrowing());
}

TEST_F(PartFileTest, tells_whoever_asked_when_the_file_begins_anew) {
    auto part = open({});
    ASSERT_TRUE(part->startOver({.etag = "\"1\"", .lastModified = "", .total = 6}));
    part->setGrowing(true);
    auto growing = part->growing();
    unsigned told = 0;
    growing->tellOfMore(0, [&] { ++told; });
    ASSERT_TRUE(part->startOver(v2));
    EXPECT_EQ(told, 0u);
    loop.restart();
    loop.poll();
    EXPECT_EQ(told, 1u);
    EXPECT_FALSE(growing->isGrowing());
    EXPECT_EQ(growing->safeBytes(), 0u);
}

TEST_F(PartFileTest, speaks_to_the_journal_once_a_MiB_however_often_it_is_synced) {
    auto part = open({});
    ASSERT_TRUE(part->startOver({.etag = "\"1\"", .lastModified = "", .total = 40u << 20}));
    part->setGrowing(true);
    auto growing = part->growing();
    const auto goesOn = boost::asio::make_work_guard(loop);
    for (std::uint64_t written = 0; written < 2u << 20; written += 256u << 10) {
        bool isTold = false;
        growing->tellOfMore(written, [&] { isTold = true; });
        ASSERT_TRUE(part->append(bytesOf(std::string(256u << 10, 'x'))));
        loop.restart();
        while (!isTold) loop.run_one();
    }
    ASSERT_EQ(saved.size(), 2u);
    EXPECT_EQ(saved[0].bytes, 1u << 20);
    EXPECT_EQ(saved[1].bytes, 2u << 20);
}

TEST_F(PartFileTest, tells_what_is_on_the_disk_every_8_MiB) {
    auto part = open({});
    ASSERT_TRUE(part->startOver({.etag = "\"1\"", .lastModified = "", .total = 40u << 20}));
    std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(part->append(bytesOf(megabyte)));
        // What the loop would do meanwhile: let the sync come back.
        if (i == 7 || i == 15) {
            pool.join();
            loop.restart();
            loop.run();
        }
        if (i == 7) {
            ASSERT_EQ(saved.size(), 1u);
            EXPECT_EQ(saved[0].bytes, 8u << 20);
            return;
        }
    }
}

TEST(Slots, let_no_more_than_their_number_run_and_keep_the_order) {
    boost::asio::io_context loop;
    capture::Slots slots(1);
    std::vector<int> order;
    auto take = [&](int who) -> boost::asio::awaitable<void> {
        auto turn = co_await slots.acquire({});
        EXPECT_TRUE(turn);
        order.push_back(who);
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
        slots.release();
    };
    for (int i = 0; i < 4; ++i) boost::asio::co_spawn(loop, take(i), boost::asio::detached);
    loop.run();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Slots, let_a_stopped_one_go_and_lose_no_slot_by_it) {
    boost::asio::io_context loop;
    capture::Slots slots(1);
    std::stop_source stop;
    bool wasCancelled = false, didRun = false;
    auto holder = [&]() -> boost::asio::awaitable<void> {
        (void)co_await slots.acquire({});
        for (int i = 0; i < 3; ++i)
            co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
        stop.request_stop();
        slots.release();
    };
    auto stopped = [&]() -> boost::asio::awaitable<void> {
        auto turn = co_await slots.acquire(stop.get_token());
        wasCancelled = !turn && turn.error().kind == Kind::cancelled;
    };
    auto last = [&]() -> boost::asio::awaitable<void> { didRun = (co_await slots.acquire({})).has_value(); };
    boost::asio::co_spawn(loop, holder(), boost::asio::detached);
    boost::asio::co_spawn(loop, stopped(), boost::asio::detached);
    boost::asio::co_spawn(loop, last(), boost::asio::detached);
    loop.run();
    EXPECT_TRUE(wasCancelled);
    EXPECT_TRUE(didRun);
}

TEST(Meter, smooths_the_rate_and_lets_it_sink_when_nothing_comes) {
    using namespace std::chrono_literals;
    capture::Meter meter;
    capture::Meter::Clock::time_point at{};
    meter.start(1000, at);
    meter.update(3000, at + 200ms);
    EXPECT_EQ(meter.rate(), 10'000u);
    EXPECT_EQ(meter.etaMs(13'000), 1000u);
    EXPECT_EQ(meter.etaMs(0), std::nullopt);
    meter.update(3000, at + 400ms);
    EXPECT_LT(meter.rate(), 10'000u);
    EXPECT_GT(meter.rate(), 5'000u);
    for (int i = 3; i < 200; ++i) meter.update(3000, at + i * 200ms);
    EXPECT_EQ(meter.rate(), 0u);
    EXPECT_EQ(meter.etaMs(13'000), std::nullopt);
}

TEST(Ticker, calls_until_it_is_gone_and_never_after) {
    boost::asio::io_context loop;
    int calls = 0;
    std::unique_ptr<capture::Ticker> ticker;
    ticker = std::make_unique<capture::Ticker>(loop.get_executor(), std::chrono::milliseconds(1), [&] {
        if (++calls == 3) ticker.reset();
    });
    loop.run();
    EXPECT_EQ(calls, 3);
}

}  // namespace
