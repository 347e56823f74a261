#include "streams/open.h"

#include <gmock/gmock.h>

#include "fake_site.h"
#include "net/curl_client.h"
#include "tests/unit/media/boxes.h"
#include "tests/unit/media/made_streams.h"
#include "tests/unit/net/scripted_server.h"

namespace {

using namespace auricle;
using test::mp3Segment;

class OpenStreams : public test::StreamsTest {
  protected:
    Result<streams::Ways> open(const std::string& name, const std::string& language = "") {
        streams::Wishes wishes;
        wishes.language = language;
        return await(streams::open(at(name), wishes, visit()));
    }
    std::string described(const Result<streams::Ways>& ways) {
        if (!ways) return std::string(word(ways.error().kind));
        std::string text;
        for (const auto& way : *ways) {
            text += std::string(way->how()) + " " + std::to_string(way->bytes()) + "/" +
                    std::to_string(way->wholeBytes()) + ";";
        }
        return text;
    }
    static std::string playlist(const std::string& prefix, unsigned count, const std::string& more = "") {
        std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n" + more;
        for (unsigned i = 0; i < count; ++i) text += "#EXTINF:10,\n" + prefix + std::to_string(i) + "\n";
        return text + "#EXT-X-ENDLIST\n";
    }
    void putSegments(const std::string& prefix, unsigned count, unsigned frames = 3) {
        for (unsigned i = 0; i < count; ++i) put(prefix + std::to_string(i), mp3Segment(i, frames));
    }
    std::string fetched(const streams::Way& way) {
        test::MemoryTarget target;
        auto outcome = fetch(way, target);
        return outcome ? target.bytes : outcome.error().message;
    }
    static std::string sound(unsigned count, unsigned frames = 3) {
        std::string all;
        for (unsigned i = 0; i < count; ++i) all += mp3Segment(i, frames);
        return all;
    }
};

const std::string master =
    "#EXTM3U\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"E\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"en.panobf2\"\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"D\",LANGUAGE=\"de\",URI=\"de.m3u8\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\",AUDIO=\"a\"\nsound.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.4d401f,mp4a.40.2\"\nlow.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS=\"avc1.4d401f,mp4a.40.2\"\nhigh.m3u8\n";

TEST_F(OpenStreams, give_an_hls_masters_ways_with_what_each_costs) {
    put("master.panobf2", master);
    put("en.panobf2", playlist("en", 6));
    put("sound.m3u8", playlist("sound", 6));
    put("low.m3u8", playlist("low", 6));
    putSegments("en", 6);
    auto ways = open("master.panobf2?InvocationID=1");
    EXPECT_EQ(described(ways),
              "audio-rendition " + std::to_string(mp3Segment(0).size() * 6) +
                  "/15000000;audio-rendition 480000/15000000;audio-from-video 6000000/15000000;");
    EXPECT_EQ(fetched(*ways->front()), sound(6));
}

TEST_F(OpenStreams, take_the_language_that_is_wished_for) {
    put("master.m3u8", master);
    for (auto name : {"de", "sound", "low"}) put(std::string(name) + ".m3u8", playlist(name, 2));
    putSegments("de", 2);
    auto ways = open("master.m3u8", "de");
    ASSERT_TRUE(ways);
    EXPECT_EQ(fetched(*ways->front()), sound(2));
}

TEST_F(OpenStreams, leave_out_what_is_missing_or_has_gaps) {
    put("master.m3u8", master);
    put("en.panobf2", playlist("en", 2, "#EXT-X-GAP\n"));
    put("low.m3u8", playlist("low", 2));
    EXPECT_EQ(described(open("master.m3u8")), "audio-from-video 2000000/5000000;");
    site.files.erase(root + std::string("low.m3u8"));
    auto none = open("master.m3u8");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, Kind::not_found);
    EXPECT_THAT(none.error().message, testing::HasSubstr("lost"));
}

TEST_F(OpenStreams, refuse_drm_wherever_it_shows) {
    put("master.m3u8", master + "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://abc\"\n");
    EXPECT_EQ(described(open("master.m3u8")), "drm_protected");
    put("clear.m3u8", master);
    put("en.panobf2",
        playlist("en", 2, "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"data:text/plain;base64,AAAA\"\n"));
    EXPECT_EQ(described(open("clear.m3u8")), "drm_protected");
    put("manifest.mpd",
        "<MPD><Period><AdaptationSet mimeType=\"audio/mp4\"><ContentProtection/>"
        "<Representation/></AdaptationSet></Period></MPD>");
    EXPECT_EQ(described(open("manifest.mpd")), "drm_protected");
}

TEST_F(OpenStreams, take_a_media_playlist_as_it_is) {
    put("index.m3u8", playlist("s", 3));
    putSegments("s", 3);
    auto ways = open("index.m3u8");
    EXPECT_EQ(described(ways), "audio-rendition " + std::to_string(sound(3).size()) + "/0;");
    EXPECT_EQ(fetched(*ways->front()), sound(3));
}

TEST_F(OpenStreams, read_a_playlist_longer_than_its_beginning) {
    std::string padding(200'000, ' ');
    put("index.m3u8", playlist("s", 3, "#" + padding + "\n"));
    putSegments("s", 3);
    auto ways = open("index.m3u8");
    ASSERT_TRUE(ways);
    EXPECT_EQ(fetched(*ways->front()), sound(3));
}

std::string mpd(const std::string& inside) {
    return "<?xml version=\"1.0\"?><MPD mediaPresentationDuration=\"PT30S\"><BaseURL>dash/</BaseURL><Period>"
           "<AdaptationSet mimeType=\"video/mp4\"><Representation bandwidth=\"1000000\"/></AdaptationSet>"
           "<AdaptationSet mimeType=\"audio/mp4\"><Representation id=\"a\" bandwidth=\"64000\">" +
           inside + "</Representation></AdaptationSet></Period></MPD>";
}

TEST_F(OpenStreams, follow_a_dash_template) {
    put("m.mpd", mpd("<SegmentTemplate duration=\"10\" startNumber=\"0\" media=\"s$Number$\"/>"));
    putSegments("dash/s", 3);
    auto ways = open("m.mpd");
    EXPECT_EQ(described(ways), "audio-rendition 240000/3990000;");
    EXPECT_EQ(fetched(*ways->front()), sound(3));
}

TEST_F(OpenStreams, end_dash_where_only_rounding_asks_for_more) {
    put("m.mpd",
        mpd("<SegmentTemplate timescale=\"1000\" duration=\"9900\" startNumber=\"0\" media=\"s$Number$\"/>"));
    putSegments("dash/s", 3);
    auto ways = open("m.mpd");
    ASSERT_TRUE(ways);
    EXPECT_EQ(fetched(*ways->front()), sound(3));
    site.files.erase(root + std::string("dash/s2"));
    EXPECT_THAT(fetched(*ways->front()), testing::HasSubstr("Segment 3 of 4"));
}

TEST_F(OpenStreams, find_dash_segments_by_the_index_in_their_file) {
    auto entry = [](std::size_t size) { return test::u32(size) + test::u32(10'000) + test::u32(0); };
    auto segments = sound(3);
    std::string entries;
    for (int i = 0; i < 3; ++i) entries += entry(segments.size() / 3);
    auto sidx = test::box("sidx", test::zeros(4) + test::u32(1) + test::u32(1000) + test::zeros(8) +
                                      test::u16(0) + test::u16(3) + entries);
    put("dash/a.mp4", sidx + segments);
    put("m.mpd", mpd("<BaseURL>a.mp4</BaseURL><SegmentBase indexRange=\"0-" +
                     std::to_string(sidx.size() - 1) + "\"/>"));
    auto ways = open("m.mpd");
    EXPECT_EQ(described(ways), "audio-rendition " + std::to_string(segments.size()) + "/3990000;");
    EXPECT_EQ(fetched(*ways->front()), segments);
}

TEST_F(OpenStreams, play_dash_periods_one_after_the_other) {
    auto period = [](const std::string& base) {
        return "<Period duration=\"PT20S\"><BaseURL>" + base +
               "</BaseURL><AdaptationSet mimeType=\"audio/mp4\"><SegmentTemplate duration=\"10\" "
               "startNumber=\"0\" "
               "media=\"s$Number$\"/><Representation bandwidth=\"1\"/></AdaptationSet></Period>";
    };
    put("m.mpd", "<MPD>" + period("a/") + period("https://cdn.example/s/b/") + "</MPD>");
    putSegments("a/s", 2);
    putSegments("b/s", 2);
    auto ways = open("m.mpd");
    ASSERT_TRUE(ways);
    EXPECT_EQ(fetched(*ways->front()), sound(2) + sound(2));
}

TEST_F(OpenStreams, take_a_dash_representation_that_is_one_file_as_that_file) {
    put("m.mpd", mpd("<BaseURL>a.m4a</BaseURL>"));
    auto sound = mp3Segment(0, 20);
    put("dash/a.m4a", sound);
    EXPECT_EQ(described(open("m.mpd")), "audio-direct " + std::to_string(sound.size()) + "/0;");
    put("dash/a.m4a", mpd("<BaseURL>a.m4a</BaseURL>"));
    EXPECT_EQ(described(open("m.mpd")), "not_media") << "no chain of manifests";
}

TEST_F(OpenStreams, say_what_is_no_stream) {
    put("page", "<!DOCTYPE html><html></html>");
    EXPECT_EQ(described(open("page")), "not_media");
    put("live.mpd", "<MPD type=\"dynamic\"><Period/></MPD>");
    EXPECT_EQ(described(open("live.mpd")), "not_ready_yet");
    put("empty.m3u8", "#EXTM3U\n#EXT-X-ENDLIST\n");
    EXPECT_EQ(described(open("empty.m3u8")), "not_media");
}

TEST_F(OpenStreams, come_through_the_real_client_over_many_connections) {
    std::map<std::string, std::string> pages{{"/s/index.m3u8", playlist("s", 40)}};
    for (unsigned i = 0; i < 40; ++i) pages["/s/s" + std::to_string(i)] = mp3Segment(i, 20);
    test::ScriptedServer server(loop, [&pages](const std::string& request) {
        auto path = request.substr(request.find(' ') + 1);
        path.resize(path.find(' '));
        auto found = pages.find(path);
        auto body = found == pages.end() ? "" : found->second;
        auto head = std::string(body.empty() ? "HTTP/1.1 404 Gone" : "HTTP/1.1 200 OK") +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
        return test::RawAnswer{.bytes = head + (request.starts_with("HEAD") ? "" : body)};
    });
    net::CurlClient client(loop.get_executor(), {});
    auto timing = net::realTiming();
    streams::Visit with{.http = client,
                        .credentials = nullptr,
                        .timing = timing,
                        .judgeHop = {},
                        .judgeHead = {},
                        .worker = loop.get_executor(),
                        .stop = {}};
    test::MemoryTarget target;
    std::uint64_t bytes = 0;
    streams::Way::OnProgress onProgress = [](std::uint64_t, std::uint64_t) {};
    auto index = server.url("/s/index.m3u8");
    streams::Wishes wishes;
    auto work = [&]() -> boost::asio::awaitable<Result<void>> {
        auto ways = co_await streams::open(index, wishes, with);
        if (!ways) co_return std::unexpected(ways.error());
        bytes = ways->front()->bytes();
        co_return co_await ways->front()->fetch(with, target, onProgress);
    };
    auto outcome = test::runOn(loop, work());
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(target.bytes == sound(40, 20));
    EXPECT_EQ(bytes, target.bytes.size());
    server.stop();
}

/// Streams that ffmpeg makes, captured, and compared packet by packet with what ffmpeg made them of.
class MadeCorpus : public test::MadeStreams {
  protected:
    void SetUp() override {
        MadeStreams::SetUp();
        if (IsSkipped()) return;
        ASSERT_TRUE(make("-f lavfi -i anoisesrc=d=20:r=44100:a=0.3:seed=7 -c:a aac -b:a 96k src.m4a"));
    }
    /// Captures from one site with all that was made; a segment of the name `refused` is.
    void capture(const std::string& manifest, test::MemoryTarget& target, const std::string& refused = "") {
        struct Runner : test::StreamsTest {
            void TestBody() override {}
            using StreamsTest::at;
            using StreamsTest::await;
            using StreamsTest::fetch;
            using StreamsTest::put;
            using StreamsTest::site;
            using StreamsTest::visit;
        } runner;
        for (const auto& name : named("")) runner.put(name, read(name));
        runner.site.fault = [&refused](const test::SiteRequest& one, unsigned) {
            bool isRefused = !refused.empty() && one.method == "GET" && one.url.ends_with("/" + refused);
            return isRefused ? test::SiteFault{.status = 403} : test::SiteFault{};
        };
        auto ways = runner.await(streams::open(Runner::at(manifest), {}, runner.visit()));
        ASSERT_TRUE(ways) << ways.error().message;
        bytes = ways->front()->bytes();
        auto outcome = runner.fetch(*ways->front(), target);
        EXPECT_EQ(outcome.has_value(), refused.empty());
    }
    /// What lands in the target, as a file's name.
    std::string captured(const std::string& manifest) {
        test::MemoryTarget target;
        capture(manifest, target);
        return write("captured.mp4", target.bytes).filename().string();
    }
    std::uint64_t bytes = 0;
};

TEST_F(MadeCorpus, gives_the_very_packets_of_each_form_of_stream) {
    struct Form {
        std::string name, arguments;
    };
    const std::string video =
        "-f lavfi -i testsrc=d=20:s=128x72:r=10 -i src.m4a -map 0:v -map 1:a -c:v mpeg4 -c:a copy ";
    write("key.bin", "0123456789abcdef");
    write("key.info", "key.bin\n" + path("key.bin").string() + "\n");
    write("key2.info", "key.bin\n" + path("key.bin").string() + "\n000102030405060708090a0b0c0d0e0f\n");
    const std::vector<Form> forms{
        {"ts", "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 out.m3u8"},
        {"ts with pictures", video + "-f hls -hls_time 2 -hls_list_size 0 out.m3u8"},
        {"ts in one file",
         "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_flags single_file out.m3u8"},
        {"fmp4", "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_segment_type fmp4 out.m3u8"},
        {"fmp4 in one file",
         "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_segment_type fmp4 -hls_flags "
         "single_file out.m3u8"},
        {"fmp4 with pictures", video + "-f hls -hls_time 2 -hls_list_size 0 -hls_segment_type fmp4 out.m3u8"},
        {"aes-128",
         "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_key_info_file key.info out.m3u8"},
        {"aes-128 from number 7",
         "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -start_number 7 -hls_key_info_file key.info "
         "out.m3u8"},
        {"aes-128 with a vector",
         "-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_key_info_file key2.info out.m3u8"},
        {"dash by timeline", "-i src.m4a -c copy -f dash -seg_duration 2 out.mpd"},
        {"dash by number", "-i src.m4a -c copy -f dash -seg_duration 2 -use_timeline 0 out.mpd"},
        {"dash by list",
         "-i src.m4a -c copy -f dash -seg_duration 2 -use_template 0 -use_timeline 0 out.mpd"},
        {"dash in one file", "-i src.m4a -c copy -f dash -seg_duration 2 -single_file 1 out.mpd"},
        {"dash with pictures", video + "-f dash -seg_duration 2 out.mpd"},
    };
    auto source = packets("src.m4a");
    ASSERT_GT(source.size(), 800u);
    for (const auto& form : forms) {
        ASSERT_TRUE(make(form.arguments)) << form.name;
        bool isDash = form.name.starts_with("dash");
        auto file = captured(isDash ? "out.mpd" : "out.m3u8");
        auto ours = packets(file);
        EXPECT_TRUE(ours == source) << form.name << ": " << ours.size() << " packets of " << source.size();
        EXPECT_GT(bytes, 0u) << form.name;
    }
}

TEST_F(MadeCorpus, goes_on_behind_a_discontinuity_with_another_map) {
    const std::string form = " -f hls -hls_time 2 -hls_list_size 0 -hls_segment_type fmp4 ";
    ASSERT_TRUE(make("-f lavfi -i anoisesrc=d=8:r=44100:a=0.3:seed=8 -c:a aac -b:a 96k second.m4a"));
    ASSERT_TRUE(make("-i src.m4a -c copy" + form +
                     "-hls_fmp4_init_filename a.mp4 -hls_segment_filename a%d.m4s a.m3u8"));
    ASSERT_TRUE(make("-i second.m4a -c copy" + form +
                     "-hls_fmp4_init_filename b.mp4 -hls_segment_filename b%d.m4s b.m3u8"));
    auto first = read("a.m3u8"), second = read("b.m3u8");
    first.resize(first.find("#EXT-X-ENDLIST"));
    write("both.m3u8", first + "#EXT-X-DISCONTINUITY\n" + second.substr(second.find("#EXT-X-MAP")));
    auto expected = packets("src.m4a");
    std::ranges::copy(packets("second.m4a"), std::back_inserter(expected));
    auto ours = packets(captured("both.m3u8"));
    EXPECT_TRUE(ours == expected) << ours.size() << " packets of " << expected.size();
}

TEST_F(MadeCorpus, goes_on_at_every_segment_after_a_restart) {
    ASSERT_TRUE(
        make("-i src.m4a -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_segment_type fmp4 out.m3u8"));
    auto whole = captured("out.m3u8");
    auto source = packets("src.m4a");
    for (int refused = 1; refused < 10; refused += 2) {
        test::MemoryTarget target;
        capture("out.m3u8", target, "out" + std::to_string(refused) + ".m4s");
        EXPECT_EQ(target.place, static_cast<std::uint64_t>(refused));
        target.restart();
        capture("out.m3u8", target);
        EXPECT_EQ(target.resumed, 1);
        EXPECT_TRUE(target.bytes == read(whole)) << "as without a break, behind segment " << refused;
    }
}

}  // namespace
