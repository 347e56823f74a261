#include "streams/mp4_way.h"

#include <gtest/gtest.h>

#include "media/audio_index.h"
#include "media/m4a.h"
#include "streams/open.h"
#include "tests/unit/media/made_files.h"
#include "tests/unit/media/rebuilt.h"
#include "tests/unit/net/range_server.h"
#include "tests/unit/net/scripted_server.h"

namespace auricle::streams {
namespace {

using test::MadeFiles;
using test::RangeFault;
using test::RangeManners;
using test::RangeServer;

const std::string lecture =
    "-f lavfi -i aevalsrc='0.3*sin(2*PI*(200+t*20)*t)':s=48000:d=8 -f lavfi -i "
    "testsrc2=duration=8:size=480x360:rate=10 -c:a aac -b:a 64k -c:v mpeg4 -q:v 1 -g 10 ";

/// A part file in memory.
struct Kept final : Target {
    std::uint64_t size() const override { return bytes.size(); }
    net::Validator validator() const override { return held; }
    Result<void> goOn() override { return {}; }
    Result<void> startOver(const net::Validator& validator) override {
        ++begun;
        held = validator;
        bytes.clear();
        return {};
    }
    Result<void> append(std::span<const std::byte> more) override {
        bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
        if (onAppend) onAppend();
        return {};
    }
    std::uint64_t cursor() const override { return 0; }
    void mark(std::uint64_t) override {}
    std::unique_ptr<media::ByteSource> content() const override {
        return std::make_unique<media::MemorySource>(std::as_bytes(std::span(bytes)));
    }

    std::string bytes;
    net::Validator held;
    int begun = 0;
    std::function<void()> onAppend;
};

const net::Url address = *net::Url::parse("https://cdn.example/film.mp4");
const Wishes wishes{.language = {}, .tags = {.title = "Wärme", .course = {}, .date = {}, .source = {}}};

/// A client, and a loop to run on.
struct Opened {
    explicit Opened(net::HttpClient& server) : http(server) {}

    Visit visit(std::stop_token stop = {}) {
        return {.http = http,
                .credentials = nullptr,
                .timing = timing,
                .judgeHop = {},
                .judgeHead = {},
                .worker = loop.get_executor(),
                .stop = stop};
    }
    Result<Ways> open(const Wishes& wish = wishes) {
        return test::runOn(loop, streams::open(address, wish, visit()));
    }
    Result<void> fetch(const Way& way, Target& target, std::stop_token stop = {}) {
        return test::runOn(loop,
                           way.fetch(visit(stop), target, [this](std::uint64_t done, std::uint64_t total) {
                               isProgressSound = isProgressSound && done <= total;
                           }));
    }

    net::HttpClient& http;
    boost::asio::io_context loop;
    net::Timing timing = test::hurriedTiming();
    bool isProgressSound = true;
};

std::string soundIn(const std::string& file) {
    media::MemorySource source(std::as_bytes(std::span(file)));
    auto index = media::readAudioIndex(source, "");
    if (!index) return index.error().message;
    auto head = media::m4aHead(index->format, index->samples, wishes.tags);
    std::string sound(reinterpret_cast<const char*>(head.data()), head.size());
    auto pieces = index->pieces.read();
    while (auto piece = pieces.next()) sound += file.substr(piece->offset, piece->bytes);
    return sound;
}

class Mp4WayFiles : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (!MadeFiles::canMake()) return;
        MadeFiles files;
        const std::vector<std::pair<std::string, std::string>> all{
            {"front", "-movflags +faststart"},
            {"end", ""},
            {"sidx", "-movflags dash+global_sidx -frag_duration 500000"},
            {"mfra", "-movflags frag_keyframe+empty_moov"},
            {"chain", "-movflags frag_keyframe+empty_moov+skip_trailer"}};
        for (const auto& [name, flags] : all) made[name] = files.make(name + ".mp4", lecture + flags);
        made["sound"] = files.make("sound.m4a", "-f lavfi -i sine=duration=30 -c:a aac -movflags +faststart");
    }
    void SetUp() override {
        if (made.empty()) GTEST_SKIP() << "ffmpeg is not installed";
    }
    static inline std::map<std::string, std::string> made;
    const std::vector<std::string> layouts{"front", "end", "sidx", "mfra", "chain"};
};

TEST_F(Mp4WayFiles, GiveTheirSoundForLittleMoreThanItsBytes) {
    for (const auto& name : layouts) {
        for (bool isHttp2 : {true, false}) {
            for (std::size_t mostRanges : {1000u, 1u}) {
                SCOPED_TRACE(name + (isHttp2 ? ", HTTP/2, " : ", HTTP/1.1, ") + std::to_string(mostRanges));
                const auto& file = made[name];
                RangeServer server(file, {.mostRanges = mostRanges, .isHttp2 = isHttp2});
                Opened opened(server);
                auto ways = opened.open();
                ASSERT_TRUE(ways) << ways.error().message;
                const auto& way = *ways->front();
                EXPECT_EQ(way.how(), "audio-from-mp4");
                EXPECT_EQ(way.wholeBytes(), file.size());
                EXPECT_LT(way.bytes(), file.size() / 3);
                Kept target;
                auto fetched = opened.fetch(way, target);
                ASSERT_TRUE(fetched) << fetched.error().message;
                EXPECT_TRUE(target.bytes == soundIn(file));
                EXPECT_EQ(way.resultBytes(), target.bytes.size());
                EXPECT_TRUE(opened.isProgressSound);
                EXPECT_LT(server.sentBytes, file.size() * 2 / 3) << "of " << file.size();
            }
        }
    }
}

TEST_F(Mp4WayFiles, GiveTheirSoundAlsoWhereTheServerGrantsNoRanges) {
    for (const auto& name : layouts) {
        SCOPED_TRACE(name);
        const auto& file = made[name];
        RangeServer server(file, {.grantsRanges = false});
        Opened opened(server);
        auto ways = opened.open();
        ASSERT_TRUE(ways) << ways.error().message;
        const auto& way = *ways->front();
        EXPECT_EQ(way.how(), "audio-from-video");
        Kept target;
        auto fetched = opened.fetch(way, target);
        ASSERT_TRUE(fetched) << fetched.error().message;
        EXPECT_TRUE(target.bytes == soundIn(file)) << "no byte of the picture reached the target";
        EXPECT_LE(server.sentBytes, file.size() * 2 + 200'000);
    }
}

TEST_F(Mp4WayFiles, GoOnAsAWholeWhereTheServerBeginsToLie) {
    const auto& file = made["front"];
    RangeServer server(file);
    Opened opened(server);
    auto ways = opened.open();
    ASSERT_TRUE(ways);
    server.manners.grantsRanges = false;
    Kept target;
    auto fetched = opened.fetch(*ways->front(), target);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_TRUE(target.bytes == soundIn(file));
}

TEST_F(Mp4WayFiles, GoOnWhereTheTargetEnds) {
    const auto& file = made["front"];
    auto sound = soundIn(file);
    for (auto there : {std::size_t{100}, sound.size() / 2, sound.size() - 1, sound.size()}) {
        SCOPED_TRACE(there);
        RangeServer server(file);
        Opened opened(server);
        auto ways = opened.open();
        ASSERT_TRUE(ways);
        Kept target;
        ASSERT_TRUE(opened.fetch(*ways->front(), target));
        target.bytes.resize(there);
        auto before = server.sentBytes;
        ASSERT_TRUE(opened.fetch(*ways->front(), target));
        EXPECT_TRUE(target.bytes == sound);
        EXPECT_EQ(target.begun, 1);
        EXPECT_LE(server.sentBytes - before, (sound.size() - there) * 11 / 10 + 30'000);
    }
}

TEST_F(Mp4WayFiles, StopAtOnceAndAreResumed) {
    const auto& file = made["end"];
    RangeServer server(file, {.mostRanges = 1});
    Opened opened(server);
    auto ways = opened.open();
    ASSERT_TRUE(ways);
    std::stop_source stop;
    Kept target;
    target.onAppend = [&] {
        if (target.bytes.size() > 20'000) stop.request_stop();
    };
    auto stopped = opened.fetch(*ways->front(), target, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().kind, Kind::cancelled);
    EXPECT_TRUE(soundIn(file).starts_with(target.bytes));
    target.onAppend = {};
    ASSERT_TRUE(opened.fetch(*ways->front(), target));
    EXPECT_TRUE(target.bytes == soundIn(file));
    EXPECT_EQ(target.begun, 1);
}

TEST_F(Mp4WayFiles, BeginAnewWhereTheFileHasChanged) {
    RangeServer server(made["front"]);
    Opened opened(server);
    auto ways = opened.open();
    ASSERT_TRUE(ways);
    Kept target;
    bool isReplaced = false;
    target.onAppend = [&] {
        if (!std::exchange(isReplaced, true)) server.replace(made["sidx"], "\"v2\"");
    };
    auto fetched = opened.fetch(*ways->front(), target);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_TRUE(target.bytes == soundIn(made["sidx"]));
    EXPECT_EQ(target.begun, 2);
}

TEST_F(Mp4WayFiles, OutliveFaults) {
    std::mt19937 random(4);
    for (int i = 0; i < 40; ++i) {
        const auto& file = made[layouts[random() % layouts.size()]];
        RangeServer server(file,
                           {.grantsRanges = random() % 4 != 0, .mostRanges = random() % 2 ? 1000u : 1u});
        for (auto n = random() % 10; n > 0; --n) {
            RangeFault fault;
            if (random() % 2)
                fault.cutAfter = random() % 100'000;
            else if (random() % 2)
                fault.status = 503;
            else
                fault.lacksBytes = true;
            server.faults.push_back(fault);
        }
        Opened opened(server);
        auto ways = opened.open();
        if (!ways) {
            EXPECT_FALSE(ways.error().message.empty());
            continue;
        }
        Kept target;
        auto fetched = opened.fetch(*ways->front(), target);
        ASSERT_TRUE(fetched) << i << ": " << fetched.error().message;
        ASSERT_TRUE(target.bytes == soundIn(file)) << i;
    }
}

TEST_F(Mp4WayFiles, AreTakenAsTheyAreWhereTheyHaveHardlyAnythingElse) {
    RangeServer server(made["sound"]);
    Opened opened(server);
    auto ways = opened.open();
    ASSERT_TRUE(ways) << ways.error().message;
    EXPECT_EQ(ways->front()->how(), "audio-direct");
}

TEST(Mp4Ways, OfALongIndexAreReadPieceByPiece) {
    // An index beyond what is fetched at once: 600,000 packets, each in a chunk of its own.
    auto file = test::finestInterleave(600'000, 400);
    RangeServer server(file);
    Opened opened(server);
    auto ways = opened.open();
    ASSERT_TRUE(ways) << ways.error().message;
    EXPECT_EQ(ways->front()->how(), "audio-from-mp4");
    EXPECT_LT(server.sentBytes, 9u << 20);
}

TEST(Mp4Ways, RefuseWhatIsEncryptedOrSilent) {
    RangeServer encrypted(test::soundFile({.codec = "enca"}));
    auto ways = Opened(encrypted).open();
    ASSERT_FALSE(ways);
    EXPECT_EQ(ways.error().kind, Kind::drm_protected);
    RangeServer silent(test::soundFile({.handler = "vide", .codec = "avc1"}));
    ways = Opened(silent).open();
    ASSERT_FALSE(ways);
    EXPECT_EQ(ways.error().kind, Kind::not_media);
    RangeServer cut(test::soundFile().substr(0, 60));
    ways = Opened(cut).open();
    ASSERT_FALSE(ways);
    EXPECT_EQ(ways.error().kind, Kind::not_media);
}

}  // namespace
}  // namespace auricle::streams
