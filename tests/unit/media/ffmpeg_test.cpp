#include "media/ffmpeg.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "media/container.h"
#include "media/shrink.h"
#include "system/confinement.h"
#include "system/tools.h"
#include "tests/unit/media/made_streams.h"

namespace auricle::media {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string minute = "-f lavfi -i sine=frequency=300:sample_rate=44100:duration=20 ";

class FfmpegChild : public test::MadeStreams {
  protected:
    FfmpegWork workOn(const std::string& input) {
        auto found = findTool(ffmpeg, {}, toolFolders(std::getenv("PATH"), "/nowhere"));
        return {.program = found.value_or("/nowhere/ffmpeg"),
                .folder = path(""),
                .input = input,
                .output = "out.m4a",
                .durationMs = 20'000};
    }
    template <class T>
    Result<T> await(asio::awaitable<Result<T>> what) {
        std::optional<Result<T>> result;
        asio::co_spawn(context_, std::move(what),
                       [&](std::exception_ptr, Result<T> got) { result = std::move(got); });
        context_.restart();
        context_.run();
        return std::move(*result);
    }
    Container probed(const std::string& name) {
        auto content = read(name);
        auto found = probe(MemorySource(test::bytesIn(content)));
        EXPECT_TRUE(found) << found.error().message;
        return found.value_or(Container{});
    }

    asio::io_context context_;
};

TEST_F(FfmpegChild, takes_the_packets_of_a_sound_as_they_are) {
    ASSERT_TRUE(make(minute + "-c:a aac in.mka"));
    auto work = workOn("in.mka");
    work.tags = {
        .title = "-Wärme: \"1\"", .course = "Physik", .date = "2026-10-05", .source = "https://x/y?z=1"};
    auto taken = await(takeSound(work));
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(*taken, Taken::copied);
    EXPECT_EQ(packets("out.m4a"), packets("in.mka"));
    for (const auto& tag : {work.tags.title, work.tags.course, work.tags.date, work.tags.source})
        EXPECT_THAT(read("out.m4a"), HasSubstr(tag));
}

TEST_F(FfmpegChild, encodes_what_an_mp4_cannot_hold) {
    ASSERT_TRUE(
        make("-f lavfi -i sine=duration=5 -f lavfi -i testsrc=duration=5:size=64x64:rate=5 "
             "-c:a wmav2 -c:v mpeg4 in.avi"));
    auto taken = await(takeSound(workOn("in.avi")));
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(*taken, Taken::encoded);
    auto found = probed("out.m4a");
    EXPECT_FALSE(found.hasVideo);
    EXPECT_NEAR(static_cast<double>(found.durationMs), 5000, 200);
}

TEST_F(FfmpegChild, tells_how_far_it_is) {
    ASSERT_TRUE(make(minute + "-c:a pcm_s16le in.wav"));
    auto work = workOn("in.wav");
    std::vector<std::uint64_t> told;
    work.onProgress = [&](std::uint64_t doneMs) { told.push_back(doneMs); };
    auto encoded = await(encodeMono(work, 32'000, 24'000));
    ASSERT_TRUE(encoded) << encoded.error().message;
    ASSERT_FALSE(told.empty());
    EXPECT_TRUE(std::ranges::is_sorted(told));
    EXPECT_NEAR(static_cast<double>(told.back()), 20'000, 500);
}

TEST_F(FfmpegChild, that_cannot_read_its_input_says_why_and_leaves_nothing) {
    write("in.mka", "this is no sound");
    auto taken = await(takeSound(workOn("in.mka")));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().kind, Kind::not_media);
    EXPECT_THAT(taken.error().message, HasSubstr("Invalid data"));
    EXPECT_FALSE(fs::exists(path("out.m4a")));
}

TEST_F(FfmpegChild, that_is_not_there_is_a_missing_tool) {
    auto work = workOn("in.wav");
    work.program = "/nowhere/ffmpeg";
    auto taken = await(takeSound(work));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().kind, Kind::tool_missing);
}

TEST_F(FfmpegChild, stops_when_it_is_asked_to_and_leaves_nothing) {
    ASSERT_TRUE(make("-f lavfi -i anoisesrc=duration=120 -c:a pcm_s16le in.wav"));
    std::stop_source source;
    auto work = workOn("in.wav");
    work.durationMs = 120'000;
    work.stop = source.get_token();
    work.onProgress = [&](std::uint64_t) { source.request_stop(); };
    auto encoded = await(encodeMono(work, 32'000, 24'000));
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().kind, Kind::cancelled);
    EXPECT_FALSE(fs::exists(path("out.m4a")));
}

TEST_F(FfmpegChild, asks_no_server_that_a_file_names) {
    asio::ip::tcp::acceptor listener(context_, {asio::ip::address_v4::loopback(), 0});
    listener.non_blocking(true);
    write("in.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:" +
                         std::to_string(listener.local_endpoint().port()) + "/a.ts\n#EXT-X-ENDLIST\n");
    EXPECT_FALSE(await(takeSound(workOn("in.m3u8"))));
    boost::system::error_code error;
    asio::ip::tcp::socket peer(context_);
    listener.accept(peer, error);
    EXPECT_EQ(error, asio::error::would_block);
}

TEST_F(FfmpegChild, reads_no_file_outside_its_folder_that_a_file_names) {
    if (!confinable().files) GTEST_SKIP() << "this kernel confines no files";
    ASSERT_TRUE(make(minute + "-c:a aac private.ts"));
    fs::create_directory(path("work"));
    write("work/in.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\n" + path("private.ts").string() +
                              "\n#EXT-X-ENDLIST\n");
    auto work = workOn("in.m3u8");
    work.folder = path("work");
    EXPECT_FALSE(await(takeSound(work)));
    fs::copy(path("private.ts"), path("work/private.ts"));
    write("work/in.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\nprivate.ts\n#EXT-X-ENDLIST\n");
    EXPECT_TRUE(await(takeSound(work)));
}

TEST_F(FfmpegChild, makes_a_sound_small_enough_for_where_it_goes) {
    ASSERT_TRUE(make(minute + "-f lavfi -i anoisesrc=duration=20:amplitude=0.3 -filter_complex amix=inputs=2 "
                              "-ac 2 -c:a aac -b:a 192k in.m4a"));
    for (std::uint64_t maxBytes : {90'000u, 140'000u, 260'000u}) {
        auto shrunk = await(shrink(workOn("in.m4a"), maxBytes));
        ASSERT_TRUE(shrunk) << maxBytes << ": " << shrunk.error().message;
        EXPECT_LE(shrunk->bytes, maxBytes);
        EXPECT_GT(shrunk->bytes, maxBytes / 2) << "it could have been better";
        EXPECT_EQ(shrunk->bytes, fs::file_size(path("out.m4a")));
        EXPECT_NEAR(static_cast<double>(probed("out.m4a").durationMs), 20'000, 200);
    }
}

TEST_F(FfmpegChild, says_that_a_sound_is_too_long_for_where_it_goes) {
    ASSERT_TRUE(make(minute + "-c:a aac in.m4a"));
    auto shrunk = await(shrink(workOn("in.m4a"), 60'000));
    ASSERT_FALSE(shrunk);
    EXPECT_EQ(shrunk.error().kind, Kind::too_large);
    EXPECT_EQ(shrunk.error().sizeBytes, fs::file_size(path("in.m4a")));
    EXPECT_EQ(shrunk.error().limitBytes, 60'000u);
    EXPECT_FALSE(fs::exists(path("out.m4a")));
}

TEST(RateThatFits, leaves_room_for_the_container) {
    auto hour = rateThatFits(3'600'000, 100'000'000);
    ASSERT_TRUE(hour);
    EXPECT_EQ(hour->bitsPerSecond, 96'000u);
    EXPECT_EQ(hour->sampleRate, 44'100u);
    auto eight = rateThatFits(8 * 3'600'000, 100'000'000);
    ASSERT_TRUE(eight);
    EXPECT_GE(eight->bitsPerSecond, 24'000u);
    EXPECT_LT(eight->bitsPerSecond, 27'300u);
    EXPECT_EQ(eight->sampleRate, 24'000u);
    EXPECT_FALSE(rateThatFits(10 * 3'600'000, 100'000'000));
    EXPECT_FALSE(rateThatFits(0, 100'000'000));
    EXPECT_FALSE(rateThatFits(1000, 0));
}

TEST(FfmpegProgressLines, move_on_only_and_may_come_in_pieces) {
    FfmpegProgress progress;
    EXPECT_FALSE(progress.push("frame=1\nout_time_us=N/A\nout_ti"));
    EXPECT_TRUE(progress.push("me_us=1500000\nprogress=continue\n"));
    EXPECT_EQ(progress.doneMs(), 1500u);
    EXPECT_FALSE(progress.push("out_time_us=-200\nout_time_us=1000\n"));
    EXPECT_TRUE(progress.push("out_time_us=9000000\n"));
    EXPECT_EQ(progress.doneMs(), 9000u);
    EXPECT_FALSE(progress.push(std::string(10'000, 'x')));
    EXPECT_TRUE(progress.push("\nout_time_us=9500000\n"));
}

}  // namespace
}  // namespace auricle::media
