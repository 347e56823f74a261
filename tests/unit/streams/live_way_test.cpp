#include "streams/live_way.h"

#include <gmock/gmock.h>

#include "fake_site.h"
#include "streams/hls_open.h"

namespace {

using namespace auricle;
using test::mp3Segment;
using testing::ElementsAre;
using testing::HasSubstr;

class Live : public test::StreamsTest {
  protected:
    /// The playlist as it is from now on: segments [first, end).
    void offer(unsigned first, unsigned end, const std::string& more = "") {
        std::string text =
            "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n" +
            (more.starts_with("#EXT-X-PLAYLIST") ? more : "");
        for (unsigned i = first; i < end; ++i) {
            text += "#EXTINF:6,\n" + std::to_string(i) + ".mp3\n";
            put(std::to_string(i) + ".mp3", mp3Segment(i));
        }
        put("live.m3u8", text + (more.starts_with("#EXT-X-END") ? more : ""));
    }
    /// What the playlist becomes while the capture waits, one after the other.
    void thenAtEachPause(std::vector<std::function<void()>> steps) {
        clock.onPause = [this, steps, next = std::size_t{0}]() mutable {
            if (next < steps.size()) steps[next++]();
        };
    }
    static std::string sound(unsigned first, unsigned end) {
        std::string all;
        for (unsigned i = first; i < end; ++i) all += mp3Segment(i);
        return all;
    }
    Result<void> capture() {
        streams::SegmentsOffer offer{.how = "audio-rendition", .language = {}};
        return fetch(streams::LiveWay(offer, {.url = at("live.m3u8")}), target);
    }
    test::MemoryTarget target;
};

const std::string end = "#EXT-X-ENDLIST\n", event = "#EXT-X-PLAYLIST-TYPE:EVENT\n";

TEST_F(Live, is_captured_from_near_its_end_until_it_ends) {
    offer(100, 110);
    thenAtEachPause(
        {[&] { offer(101, 111); }, [&] {}, [&] { offer(104, 114); }, [&] { offer(105, 115, end); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(107, 115));
    EXPECT_EQ(target.place, 115u);
    EXPECT_THAT(clock.pauses, ElementsAre(6000, 6000, 3000, 6000)) << "half of it where nothing was new";
    EXPECT_EQ(progress.back().second, 0u);
}

TEST_F(Live, is_captured_from_its_beginning_where_all_of_it_is_kept) {
    offer(0, 5, event);
    thenAtEachPause({[&] { offer(0, 8, end); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(0, 8));
}

TEST_F(Live, begins_where_nothing_is_there_yet) {
    offer(0, 0);
    thenAtEachPause({[&] { offer(0, 1); }, [&] { offer(0, 2, end); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(0, 2));
}

TEST_F(Live, is_finished_with_what_is_there) {
    offer(0, 3);
    thenAtEachPause({[&] { offer(1, 4); }, [&] { finish.request_stop(); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(0, 4));
}

TEST_F(Live, is_cancelled_while_it_waits) {
    offer(0, 3);
    thenAtEachPause({[&] { stop.request_stop(); }});
    auto outcome = capture();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::cancelled);
    EXPECT_EQ(target.bytes, sound(0, 3));
}

TEST_F(Live, that_went_on_without_us_is_told_by_number) {
    offer(10, 13);
    thenAtEachPause({[&] { offer(15, 18); }});
    auto outcome = capture();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::network);
    EXPECT_THAT(outcome.error().message, HasSubstr("segments 13 to 14"));
    EXPECT_EQ(target.bytes, sound(10, 13));
}

TEST_F(Live, goes_on_after_a_restart_as_long_as_nothing_has_gone_by) {
    offer(10, 13);
    thenAtEachPause({[&] { stop.request_stop(); }});
    ASSERT_FALSE(capture());
    target.restart();
    stop = std::stop_source();
    offer(12, 15);
    thenAtEachPause({[&] { offer(13, 16, end); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(10, 16));
    EXPECT_EQ(target.begun, 1);
}

TEST_F(Live, keeps_what_it_has_when_a_segment_is_missing) {
    offer(10, 13);
    thenAtEachPause({[&] {
        offer(11, 15);
        site.files.erase(root + std::string("13.mp3"));
    }});
    auto outcome = capture();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::network) << "not_found would drop it for another way";
    EXPECT_THAT(outcome.error().message, HasSubstr("Segment 13 of the live stream"));
    EXPECT_EQ(target.bytes, sound(10, 13));
}

TEST_F(Live, is_not_confused_by_a_server_that_is_behind) {
    offer(10, 15);
    thenAtEachPause({[&] { offer(9, 13); }, [&] { offer(11, 16, end); }});
    ASSERT_TRUE(capture());
    EXPECT_EQ(target.bytes, sound(12, 16));
}

TEST_F(Live, that_stands_still_ends_with_a_word) {
    offer(0, 3);
    auto outcome = capture();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::timeout);
    EXPECT_TRUE(outcome.error().retryable);
    EXPECT_LT(clock.pauses.size(), 60u);
}

TEST_F(Live, survives_a_reload_that_fails_for_a_while) {
    offer(0, 3);
    thenAtEachPause({[&] { offer(0, 4, end); }});
    site.fault = [](const test::SiteRequest& one, unsigned before) {
        return one.url.ends_with("m3u8") && before % 3 != 2 ? test::SiteFault{.status = 503}
                                                            : test::SiteFault{};
    };
    ASSERT_TRUE(capture());
}

TEST_F(Live, is_known_by_its_playlist) {
    offer(0, 3);
    streams::Document document{.text = site.files.at(root + std::string("live.m3u8")),
                               .url = at("live.m3u8")};
    streams::Wishes wishes;
    auto with = visit();
    auto asked = at("live.m3u8");
    auto ways = await(streams::openHls(asked, document, wishes, with));
    ASSERT_TRUE(ways);
    EXPECT_NE(dynamic_cast<const streams::LiveWay*>(ways->front().get()), nullptr);
    EXPECT_EQ(ways->front()->bytes(), 0u);
}

}  // namespace
