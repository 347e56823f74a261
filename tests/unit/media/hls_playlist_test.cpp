#include "media/hls_playlist.h"

#include <gtest/gtest.h>

namespace {

using namespace auricle;
using media::HlsContext;
using media::HlsMaster;
using media::HlsMedia;
using media::readHlsPlaylist;

template <class T>
T read(const std::string& text, const HlsContext& context = {}) {
    auto playlist = readHlsPlaylist(text, context);
    if (!playlist) throw std::invalid_argument(playlist.error().message);
    return std::get<T>(std::move(*playlist));
}

/// A media playlist around some lines.
std::string around(const std::string& lines) {
    return "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n" + lines + "#EXT-X-ENDLIST\n";
}

HlsMedia media(const std::string& lines) {
    return read<HlsMedia>(around(lines));
}

Kind kindOf(const std::string& text, const HlsContext& context = {}) {
    auto playlist = readHlsPlaylist(text, context);
    return playlist ? Kind::internal : playlist.error().kind;
}

std::string sentenceOf(const std::string& lines) {
    auto playlist = readHlsPlaylist(around(lines));
    return playlist ? "" : playlist.error().message;
}

TEST(HlsMaster, tells_what_is_offered_and_at_what_cost) {
    auto master = read<HlsMaster>(
        "#EXTM3U\n#EXT-X-VERSION:4\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"en.m3u8\",GROUP-ID=\"aud\",NAME=\"English, spoken\",LANGUAGE=\"en\","
        "DEFAULT=YES,AUTOSELECT=YES\n"
        "#EXT-X-MEDIA:TYPE=SUBTITLES,URI=\"s.m3u8\",GROUP-ID=\"subs\",NAME=\"English\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud\",NAME=\"Deutsch\",LANGUAGE=\"de\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=703314,AVERAGE-BANDWIDTH=600000,CODECS=\"avc1.4d401f,mp4a.40.2\","
        "RESOLUTION=640x360,AUDIO=\"aud\"\n"
        "213827/index.m3u8\n"
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=10,URI=\"i.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\n"
        "audio/index.m3u8\n");
    ASSERT_EQ(master.variants.size(), 2u);
    EXPECT_EQ(master.variants[0].uri, "213827/index.m3u8");
    EXPECT_EQ(master.variants[0].bandwidth, 703314u);
    EXPECT_EQ(master.variants[0].typicalBandwidth(), 600000u);
    EXPECT_EQ(master.variants[0].audioGroup, "aud");
    EXPECT_TRUE(master.variants[0].hasResolution);
    EXPECT_FALSE(master.variants[0].isAudioOnly());
    EXPECT_EQ(master.variants[1].typicalBandwidth(), 64000u);
    EXPECT_TRUE(master.variants[1].isAudioOnly());
    ASSERT_EQ(master.audio.size(), 2u);
    EXPECT_EQ(master.audio[0].uri, "en.m3u8");
    EXPECT_EQ(master.audio[0].name, "English, spoken");
    EXPECT_EQ(master.audio[0].language, "en");
    EXPECT_TRUE(master.audio[0].isDefault);
    EXPECT_TRUE(master.audio[0].isAutoselect);
    EXPECT_EQ(master.audio[1].uri, "");
    EXPECT_FALSE(master.audio[1].isDefault);
}

TEST(HlsMaster, knows_an_audio_only_variant_by_its_codecs) {
    struct Case {
        std::string attributes;
        bool isAudioOnly;
    };
    for (const auto& one : std::vector<Case>{
             {"CODECS=\"mp4a.40.2\"", true},
             {"CODECS=\"mp4a.40.34\"", true},
             {"CODECS=\"ec-3, mp4a.40.5\"", true},
             {"CODECS=\"Opus\"", true},
             {"CODECS=\"fLaC\"", true},
             {"CODECS=\"mp4a.40.2\",RESOLUTION=1x1", false},
             {"CODECS=\"avc1.42e00a,mp4a.40.2\"", false},
             {"CODECS=\"mp4a.40.2,hvc1.1.6\"", false},
             {"CODECS=\"stpp.ttml.im1t\"", false},
             {"CODECS=\"\"", false},
             {"PROGRAM-ID=1", false},
         }) {
        auto master = read<HlsMaster>("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1," + one.attributes + "\na\n");
        EXPECT_EQ(master.variants.at(0).isAudioOnly(), one.isAudioOnly) << one.attributes;
    }
}

TEST(HlsMedia, lists_segments_in_order_with_their_numbers_and_durations) {
    auto playlist = media(
        "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PROGRAM-DATE-TIME:2026-11-21T10:00:00Z\n"
        "#EXTINF:5.97667,a title, with commas\n00000.ts\n\n# a comment\n#EXTINF:6,\n00001.ts?x=1\n"
        "#EXT-X-UNHEARD-OF:1\n#EXTINF:2\nhttps://other.example/2.ts\n");
    const auto& segments = playlist.list.segments;
    ASSERT_EQ(segments.size(), 3u);
    EXPECT_EQ(segments[0].uri, "00000.ts");
    EXPECT_EQ(segments[0].durationUs, 5'976'670u);
    EXPECT_EQ(segments[0].number, 7u);
    EXPECT_EQ(segments[1].uri, "00001.ts?x=1");
    EXPECT_EQ(segments[2].uri, "https://other.example/2.ts");
    EXPECT_EQ(segments[2].number, 9u);
    EXPECT_EQ(playlist.list.durationMs(), 13'976u);
    EXPECT_EQ(playlist.targetDurationMs, 6000u);
    EXPECT_TRUE(playlist.isEnded);
    EXPECT_FALSE(playlist.isEvent);
    EXPECT_EQ(playlist.list.rangedBytes(), 0u);
}

TEST(HlsMedia, is_read_with_a_byte_order_mark_and_with_carriage_returns) {
    auto playlist =
        read<HlsMedia>("\xEF\xBB\xBF#EXTM3U\r\n#EXT-X-TARGETDURATION:6\r\n#EXTINF:6,\r\na.ts \t\r\n");
    EXPECT_EQ(playlist.list.segments.at(0).uri, "a.ts");
    EXPECT_FALSE(playlist.isEnded);
}

TEST(HlsMedia, says_whether_more_will_come) {
    auto typed = [](const std::string& tags) {
        auto list = read<HlsMedia>("#EXTM3U\n#EXT-X-TARGETDURATION:6\n" + tags + "#EXTINF:6,\na.ts\n");
        return std::pair(list.isEvent, list.isEnded);
    };
    EXPECT_EQ(typed(""), std::pair(false, false));
    EXPECT_EQ(typed("#EXT-X-PLAYLIST-TYPE:EVENT\n"), std::pair(true, false));
    EXPECT_EQ(typed("#EXT-X-PLAYLIST-TYPE:VOD\n"), std::pair(false, true));
    EXPECT_EQ(typed("#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-ENDLIST\n"), std::pair(true, true));
}

TEST(HlsMedia, puts_byte_ranges_behind_each_other) {
    auto playlist = media(
        "#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"724@0\"\n"
        "#EXTINF:6,\n#EXT-X-BYTERANGE:1000@724\nall.mp4\n"
        "#EXTINF:6,\n#EXT-X-BYTERANGE:500\nall.mp4\n"
        "#EXT-X-BYTERANGE:10@9\n#EXTINF:6,\nother.mp4\n");
    const auto& list = playlist.list;
    EXPECT_EQ(list.inits.at(0).range, (media::ByteRange{.offset = 0, .length = 724}));
    EXPECT_EQ(list.segments[0].range, (media::ByteRange{.offset = 724, .length = 1000}));
    EXPECT_EQ(list.segments[1].range, (media::ByteRange{.offset = 1724, .length = 500}));
    EXPECT_EQ(list.segments[2].range, (media::ByteRange{.offset = 9, .length = 10}));
    EXPECT_EQ(list.rangedBytes(), 1510u);
}

TEST(HlsMedia, follows_maps_and_keys_as_they_change) {
    auto playlist = media(
        "#EXT-X-MAP:URI=\"a.mp4\"\n#EXTINF:6,\n0\n"
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k1?x=1,2\",IV=0x0000000000000000000000000000000A\n#EXTINF:6,\n1\n"
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n#EXTINF:6,\n2\n"
        "#EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-MAP:URI=\"b.mp4\"\n#EXTINF:6,\n3\n"
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n#EXTINF:6,\n4\n");
    const auto& list = playlist.list;
    ASSERT_EQ(list.segments.size(), 5u);
    EXPECT_FALSE(list.segments[0].key);
    EXPECT_EQ(list.keys.at(*list.segments[1].key).uri, "k1?x=1,2");
    EXPECT_EQ(list.keys.at(*list.segments[1].key).iv->back(), std::byte{10});
    EXPECT_EQ(list.keys.at(*list.segments[2].key).uri, "k2");
    EXPECT_FALSE(list.keys.at(*list.segments[2].key).iv);
    EXPECT_FALSE(list.segments[3].key);
    EXPECT_EQ(list.segments[4].key, list.segments[2].key);
    EXPECT_EQ(list.keys.size(), 2u);
    EXPECT_EQ(list.inits.at(*list.segments[2].init).uri, "a.mp4");
    EXPECT_EQ(list.inits.at(*list.segments[4].init).uri, "b.mp4");
    EXPECT_TRUE(list.segments[3].isDiscontinuous);
    EXPECT_FALSE(list.segments[4].isDiscontinuous);
}

TEST(HlsMedia, makes_the_default_vector_of_the_sequence_number) {
    auto playlist = media("#EXT-X-MEDIA-SEQUENCE:258\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:6,\n0\n");
    auto iv = playlist.list.segments.at(0).defaultIv();
    EXPECT_EQ(iv[15], std::byte{2});
    EXPECT_EQ(iv[14], std::byte{1});
    EXPECT_EQ(std::ranges::count(iv, std::byte{0}), 14);
}

TEST(HlsMedia, reads_vectors_of_any_length_up_to_16_bytes) {
    struct Case {
        std::string text;
        bool isRead;
    };
    for (const auto& one : std::vector<Case>{{"0x00000000000000000000000000000001", true},
                                             {"0XABCDEFabcdef00000000000000000001", true},
                                             {"0x1", true},
                                             {"0x", false},
                                             {"1", false},
                                             {"0x000000000000000000000000000000001", false},
                                             {"0x0000000000000000000000000000000g", false}}) {
        auto text = around("#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\",IV=" + one.text + "\n#EXTINF:6,\n0\n");
        EXPECT_EQ(readHlsPlaylist(text).has_value(), one.isRead) << one.text;
    }
}

TEST(HlsMedia, remembers_what_the_playlist_itself_declares_missing) {
    auto playlist = media("#EXTINF:6,\n0\n#EXT-X-GAP\n#EXTINF:6,\n1\n#EXTINF:6,\n2\n");
    EXPECT_FALSE(playlist.list.segments[0].isGap);
    EXPECT_TRUE(playlist.list.segments[1].isGap);
    EXPECT_FALSE(playlist.list.segments[2].isGap);
}

TEST(HlsMedia, passes_over_the_parts_of_low_latency_streams) {
    auto playlist = media(
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0\n#EXT-X-PART-INF:PART-TARGET=0.33\n"
        "#EXT-X-PART:DURATION=0.33,URI=\"p0.mp4\"\n#EXTINF:6,\n0\n"
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p1.mp4\"\n#EXT-X-RENDITION-REPORT:URI=\"../x\",LAST-MSN=2\n");
    EXPECT_EQ(playlist.list.segments.size(), 1u);
}

TEST(HlsDefine, fills_in_variables_where_they_may_stand) {
    HlsContext context{.definitions = {{"from", "master"}}, .queryParameter = [](std::string_view name) {
                           return name == "token" ? std::optional<std::string>("a b") : std::nullopt;
                       }};
    auto playlist = read<HlsMedia>(
        around("#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://cdn.example\"\n#EXT-X-DEFINE:IMPORT=\"from\"\n"
               "#EXT-X-DEFINE:QUERYPARAM=\"token\"\n#EXT-X-DEFINE:NAME=\"iv\",VALUE=\"0x0b\"\n"
               "#EXT-X-KEY:METHOD=AES-128,URI=\"{$host}/key\",IV={$iv}\n"
               "#EXT-X-MAP:URI=\"{$host}/{$from}/{$from}.mp4\"\n#EXTINF:6,\n{$host}/0.ts?t={$token}\n"),
        context);
    EXPECT_EQ(playlist.list.segments.at(0).uri, "https://cdn.example/0.ts?t=a b");
    EXPECT_EQ(playlist.list.keys.at(0).uri, "https://cdn.example/key");
    EXPECT_EQ(playlist.list.keys.at(0).iv->back(), std::byte{11});
    EXPECT_EQ(playlist.list.inits.at(0).uri, "https://cdn.example/master/master.mp4");
}

TEST(HlsDefine, gives_the_masters_variables_on) {
    auto master = read<HlsMaster>(
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{$a}.m3u8\n");
    EXPECT_EQ(master.variants.at(0).uri, "b.m3u8");
    EXPECT_EQ(master.definitions.at("a"), "b");
}

TEST(HlsDefine, refuses_what_nobody_defined) {
    for (const auto* lines :
         {"#EXTINF:6,\n{$nobody}.ts\n", "#EXTINF:6,\n{$open.ts\n", "#EXT-X-DEFINE:IMPORT=\"from\"\n",
          "#EXT-X-DEFINE:QUERYPARAM=\"token\"\n", "#EXT-X-DEFINE:NAME=\"a\"\n",
          "#EXT-X-MAP:URI=\"{$nobody}\"\n",
          "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"2\"\n"}) {
        EXPECT_EQ(kindOf(around(lines)), Kind::not_media) << lines;
    }
}

TEST(HlsDefine, never_grows_without_bound) {
    std::string big(60'000, 'x'), uses;
    for (int i = 0; i < 10'000; ++i) uses += "{$a}";
    EXPECT_EQ(kindOf(around("#EXT-X-DEFINE:NAME=\"a\",VALUE=\"" + big + "\"\n#EXTINF:6,\n" + uses + "\n")),
              Kind::not_media);
}

TEST(HlsDrm, is_recognised_in_each_of_its_forms) {
    for (const auto* line : {
             "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"data:text/plain;base64,AAAA\","
             "KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\",KEYFORMATVERSIONS=\"1\"",
             "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://abc\",KEYFORMAT=\"com.apple.streamingkeydelivery\","
             "KEYFORMATVERSIONS=\"1\"",
             "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"key.bin\"",
             "#EXT-X-KEY:METHOD=AES-128,URI=\"skd://abc\"",
             "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"com.microsoft.playready\"",
             "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"urn:uuid:9a04f079-9840-4286-ab92-"
             "e65be0885f95\"",
             "#EXT-X-KEY:URI=\"key.bin\"",
             "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://abc\"",
             "#EXT-X-FAXS-CM:URI=\"license\"",
         }) {
        EXPECT_EQ(kindOf(around(std::string(line) + "\n#EXTINF:6,\n0.ts\n")), Kind::drm_protected) << line;
        auto master = std::string("#EXTM3U\n") + line + "\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n";
        EXPECT_EQ(kindOf(master), Kind::drm_protected) << line;
    }
}

TEST(HlsDrm, is_not_seen_in_plain_encryption) {
    for (const auto* line : {
             "#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\",IV=0x00000000000000000000000000000001",
             "#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"",
             "#EXT-X-KEY:METHOD=NONE",
             "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"key.bin\"",
         }) {
        EXPECT_EQ(kindOf(around(std::string(line) + "\n#EXTINF:6,\n0.ts\n")), Kind::internal) << line;
    }
}

TEST(HlsPlaylist, names_the_line_that_cannot_be_used) {
    EXPECT_NE(sentenceOf("#EXTINF:soon,\n0.ts\n").find("Line 4 "), std::string::npos);
}

TEST(HlsPlaylist, refuses_what_contradicts_itself) {
    for (const auto* lines : {"0.ts\n",
                              "#EXTINF:-1,\n0.ts\n",
                              "#EXTINF:nan,\n0.ts\n",
                              "#EXTINF:,\n0.ts\n",
                              "#EXTINF:1e300,\n0.ts\n",
                              "#EXTINF:6,\n#EXT-X-BYTERANGE:10\n0.ts\n",
                              "#EXTINF:6,\n#EXT-X-BYTERANGE:0@0\n0.ts\n",
                              "#EXTINF:6,\n#EXT-X-BYTERANGE:5@18446744073709551615\n0.ts\n",
                              "#EXTINF:6,\n#EXT-X-BYTERANGE:5@1\na\n#EXTINF:6,\n#EXT-X-BYTERANGE:5\nb\n",
                              "#EXT-X-MEDIA-SEQUENCE:-1\n",
                              "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n",
                              "#EXT-X-TARGETDURATION:x\n",
                              "#EXT-X-KEY:METHOD=AES-128\n",
                              "#EXT-X-MAP:NAME=1\n",
                              "#EXT-X-MAP:URI=\"a\",BYTERANGE=\"x\"\n",
                              "#EXT-X-MAP:URI=\"a\n",
                              "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"a\"\n",
                              "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n",
                              "",
                              "#EXT-X-STREAM-INF:BANDWIDTH=1\n",
                              "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n",
                              "#EXT-X-STREAM-INF:BANDWIDTH\n"}) {
        EXPECT_EQ(kindOf(around(lines)), Kind::not_media) << lines;
    }
}

TEST(HlsPlaylist, refuses_what_is_none) {
    for (const auto* text : {"", "#EXTM3", "<html>#EXTM3U", "\n#EXTM3U\n", "{}"})
        EXPECT_EQ(kindOf(text), Kind::not_media) << text;
    EXPECT_TRUE(media::looksLikeHls("#EXTM3U\n"));
    EXPECT_TRUE(media::looksLikeHls("\xEF\xBB\xBF#EXTM3U"));
    EXPECT_FALSE(media::looksLikeHls("ftyp"));
}

TEST(HlsPlaylist, has_bounds) {
    EXPECT_EQ(kindOf("#EXTM3U\n" + std::string(media::mostPlaylistBytes, '\n')), Kind::too_large);
    std::string segments = "#EXTM3U\n";
    for (std::size_t i = 0; i <= media::mostSegments; ++i) segments += "#EXTINF:1,\na\n";
    EXPECT_EQ(kindOf(segments), Kind::too_large);
    std::string variants = "#EXTM3U\n";
    for (int i = 0; i <= 2000; ++i) variants += "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n";
    EXPECT_EQ(kindOf(variants), Kind::too_large);
}

TEST(HlsPlaylist, begins_empty_where_a_live_stream_does) {
    EXPECT_TRUE(read<HlsMedia>("#EXTM3U\n#EXT-X-TARGETDURATION:6\n").list.segments.empty());
}

}  // namespace
