#include "delivery/growing_body.h"

#include <fcntl.h>

#include "delivery_test_support.h"
#include "growing_file.h"
#include "system/files.h"

namespace auricle::delivery {
namespace {

using testing::GrowingFile;

class GrowingBodyTest : public testing::DeliveryTest {
  protected:
    void SetUp() override {
        write(folder / "part", "abcdefghij");
        auto opened = openFile(folder / "part", O_RDONLY);
        ASSERT_TRUE(opened);
        file = std::move(*opened);
    }
    GrowingBody body(Growing& growing, BodyLimits limits = {}, std::uint64_t offset = 0) {
        return {loop.get_executor(), file.get(), offset, growing, limits, [this] { return now; }};
    }
    static std::string next(GrowingBody& body) {
        std::array<std::byte, 100> buffer;
        auto got = body.read(buffer);
        EXPECT_TRUE(got);
        return {reinterpret_cast<const char*>(buffer.data()), got.value_or(0)};
    }

    FileHandle file;
    std::chrono::steady_clock::time_point now{};
};

TEST_F(GrowingBodyTest, gives_what_is_safe_pauses_and_goes_on_when_there_is_more) {
    GrowingFile growing(loop, 4, 10);
    auto sent = body(growing, {}, 1);
    unsigned resumed = 0;
    sent.onReady([&] { ++resumed; });
    EXPECT_EQ(sent.size(), std::nullopt);
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "bcd");
    EXPECT_FALSE(sent.isReady());
    loop.poll();
    EXPECT_EQ(resumed, 0u);
    growing.grow(2);
    EXPECT_EQ(resumed, 1u);
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "ef");
    EXPECT_EQ(sent.bytes(), 5u);
}

TEST_F(GrowingBodyTest, ends_with_the_file_whose_size_is_known) {
    GrowingFile growing(loop, 10, 10);
    auto sent = body(growing);
    EXPECT_EQ(next(sent), "abcdefghij");
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
    EXPECT_FALSE(sent.fellSilent());
}

TEST_F(GrowingBodyTest, ends_when_no_more_comes_of_a_file_whose_size_is_not_known) {
    GrowingFile growing(loop, 3, 0);
    auto sent = body(growing);
    unsigned resumed = 0;
    sent.onReady([&] { ++resumed; });
    EXPECT_EQ(next(sent), "abc");
    EXPECT_FALSE(sent.isReady());
    growing.end();
    EXPECT_EQ(resumed, 1u);
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
}

TEST_F(GrowingBodyTest, ends_when_nothing_has_come_for_a_while) {
    GrowingFile growing(loop, 3, 10);
    auto sent = body(growing, {.silence = std::chrono::milliseconds(1)});
    unsigned resumed = 0;
    sent.onReady([&] { ++resumed; });
    EXPECT_EQ(next(sent), "abc");
    EXPECT_FALSE(sent.isReady());
    loop.restart();
    while (resumed == 0) loop.run_one();
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
    EXPECT_TRUE(sent.fellSilent());
}

TEST_F(GrowingBodyTest, ends_behind_as_many_bytes_as_one_request_may_have) {
    GrowingFile growing(loop, 10, 10);
    auto sent = body(growing, {.bytes = 4}, 2);
    EXPECT_EQ(next(sent), "cdef");
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
    EXPECT_FALSE(sent.fellSilent());
}

TEST_F(GrowingBodyTest, ends_when_it_has_taken_as_long_as_one_request_may) {
    GrowingFile growing(loop, 3, 10);
    auto sent = body(growing, {.age = std::chrono::seconds(60)});
    EXPECT_EQ(next(sent), "abc");
    now += std::chrono::seconds(60);
    growing.grow(3);
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
}

TEST_F(GrowingBodyTest, ends_when_the_file_begins_anew) {
    GrowingFile growing(loop, 5, 10);
    auto sent = body(growing, {}, 5);
    growing.end();
    EXPECT_TRUE(sent.isReady());
    EXPECT_EQ(next(sent), "");
}

TEST_F(GrowingBodyTest, fails_where_the_file_is_shorter_than_it_was_said_to_be) {
    GrowingFile growing(loop, 20, 20);
    auto sent = body(growing);
    std::array<std::byte, 100> buffer;
    auto got = sent.read(buffer);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::internal);
}

TEST_F(GrowingBodyTest, asks_for_nothing_any_more_once_it_is_gone) {
    GrowingFile growing(loop, 3, 10);
    unsigned resumed = 0;
    {
        auto sent = body(growing, {.silence = std::chrono::milliseconds(1)});
        sent.onReady([&] { ++resumed; });
        EXPECT_EQ(next(sent), "abc");
        EXPECT_FALSE(sent.isReady());
    }
    growing.grow(1);
    loop.restart();
    loop.run();
    EXPECT_EQ(resumed, 0u);
}

}  // namespace
}  // namespace auricle::delivery
