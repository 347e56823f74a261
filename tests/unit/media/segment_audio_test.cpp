// Streams as real packagers write them, made by ffmpeg, and what comes out of them compared with what ffmpeg
// reads in them.
#include "media/segment_audio.h"

#include "media/container.h"
#include "media/defragment.h"
#include "tests/unit/media/made_streams.h"

namespace auricle::media {
namespace {

using test::bytesIn;
using test::textIn;

const std::string sound = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=9 ";
const std::string noise = "-f lavfi -i anoisesrc=sample_rate=48000:duration=9:amplitude=0.2 ";
const std::string picture = "-f lavfi -i testsrc=duration=9:size=64x64:rate=10 ";
const std::string inSegments = " -f hls -hls_time 2 -hls_list_size 0 ";
const std::string withoutAdts = "-bsf:a aac_adtstoasc";

class SegmentAudioFiles : public test::MadeStreams {
  protected:
    /// name0, name1, … as ffmpeg numbers them.
    std::vector<std::string> segments(const std::string& name, const std::string& extension) {
        std::vector<std::string> found;
        for (int i = 0; std::filesystem::exists(path(name + std::to_string(i) + extension)); ++i)
            found.push_back(name + std::to_string(i) + extension);
        EXPECT_GT(found.size(), 2u) << name;
        return found;
    }
    /// All segments in order through one object.
    std::string join(const std::vector<std::string>& names, const std::string& init = "",
                     const std::string& language = "") {
        SegmentAudio audio(language);
        if (!init.empty()) giveInit(audio, init);
        auto out = joinWith(audio, names);
        EXPECT_TRUE(audio.isComplete());
        EXPECT_TRUE(audio.finish());
        EXPECT_NEAR(static_cast<double>(audio.durationMs()), 9000.0, 150.0);
        EXPECT_EQ(audio.faults().lostPackets, 0u);
        EXPECT_EQ(audio.faults().gaps, 0u);
        return out;
    }
    void giveInit(SegmentAudio& audio, const std::string& name) {
        auto taken = audio.init(bytesIn(read(name)));
        EXPECT_TRUE(taken) << taken.error().message;
    }
    std::string joinWith(SegmentAudio& audio, const std::vector<std::string>& names) {
        std::string out;
        for (const auto& name : names) {
            auto added = audio.add(bytesIn(read(name)));
            EXPECT_TRUE(added) << name << ": " << added.error().message;
            if (!added) return out;
            out += textIn(*added);
        }
        return out;
    }
    /// Ours as it is appended, and the plain file made of it, both against the source.
    void expectSamePackets(const std::string& joined, const std::string& source,
                           const std::string& options = "", const std::string& map = "0:a:0") {
        auto theirs = packets(source, options, map);
        EXPECT_GT(theirs.size(), 50u) << source;
        write("joined.mp4", joined);
        EXPECT_EQ(packets("joined.mp4"), theirs) << source;
        auto plain = defragmented(joined);
        write("plain.m4a", plain);
        EXPECT_EQ(packets("plain.m4a"), theirs) << source;
        EXPECT_EQ(plain.find("moof"), std::string::npos);
    }
    std::string defragmented(const std::string& joined) {
        std::string out;
        auto written = writePlainM4a(MemorySource(bytesIn(joined)), {.title = "A title"},
                                     [&](std::span<const std::byte> bytes) -> Result<void> {
                                         out += textIn(bytes);
                                         return {};
                                     });
        EXPECT_TRUE(written) << written.error().message;
        if (!written) return out;
        EXPECT_EQ(written->bytes, out.size());
        auto found = probe(MemorySource(bytesIn(out)));
        EXPECT_TRUE(found) << found.error().message;
        return out;
    }
};

TEST_F(SegmentAudioFiles, transport_streams_give_the_very_packets_of_their_sound) {
    ASSERT_TRUE(make(sound + picture + "-c:a aac -b:a 64k -c:v mpeg2video" + inSegments + "ts.m3u8"));
    expectSamePackets(join(segments("ts", ".ts")), "ts.m3u8", withoutAdts);
    ASSERT_TRUE(make(noise + "-c:a aac -b:a 320k -ar 44100 -ac 2" + inSegments + "loud.m3u8"));
    expectSamePackets(join(segments("loud", ".ts")), "loud.m3u8", withoutAdts);
}

TEST_F(SegmentAudioFiles, transport_streams_whose_time_turns_over_go_on) {
    // 2^33 ticks are 95443.7 s.
    ASSERT_TRUE(make(sound + "-c:a aac -output_ts_offset 95439" + inSegments + "turn.m3u8"));
    expectSamePackets(join(segments("turn", ".ts")), "turn.m3u8", withoutAdts);
}

TEST_F(SegmentAudioFiles, ac3_in_a_transport_stream_keeps_its_frames) {
    ASSERT_TRUE(make(sound + picture + "-c:a ac3 -ac 2 -c:v mpeg2video" + inSegments + "ac3.m3u8"));
    expectSamePackets(join(segments("ac3", ".ts")), "ac3.m3u8");
    ASSERT_TRUE(make(noise + "-c:a ac3 -ac 6 -ar 44100 -b:a 384k" + inSegments + "ac3b.m3u8"));
    expectSamePackets(join(segments("ac3b", ".ts")), "ac3b.m3u8");
}

TEST_F(SegmentAudioFiles, mp3_in_a_transport_stream_comes_as_frames) {
    for (std::string rate : {"48000", "44100", "22050"}) {
        auto name = "mp3-" + rate + "-";
        ASSERT_TRUE(make(sound + picture + "-c:a libmp3lame -ar " + rate + " -c:v mpeg2video" + inSegments +
                         name + ".m3u8"));
        write("joined.mp3", join(segments(name, ".ts")));
        EXPECT_EQ(packets("joined.mp3"), packets(name + ".m3u8")) << rate;
    }
}

TEST_F(SegmentAudioFiles, of_two_languages_the_one_that_is_wished_is_taken) {
    ASSERT_TRUE(make(sound + noise +
                     "-map 0 -map 1 -c:a aac -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu "
                     "-f segment -segment_time 2 -segment_format mpegts two%d.ts"));
    ASSERT_TRUE(make("-i 'concat:two0.ts|two1.ts|two2.ts|two3.ts|two4.ts' -map 0 -c copy two.ts"));
    auto names = segments("two", ".ts");
    expectSamePackets(join(names), "two.ts", withoutAdts, "0:a:0");
    expectSamePackets(join(names, "", "de"), "two.ts", withoutAdts, "0:a:1");
}

TEST_F(SegmentAudioFiles, cmaf_segments_give_the_packets_of_their_sound_and_its_priming) {
    for (const auto& [name, coding] : {std::pair{"aac", "-c:a aac"},
                                       {"opus", "-c:a libopus"},
                                       {"flac", "-c:a flac -strict -2"},
                                       {"alac", "-c:a alac"},
                                       {"fac3", "-c:a ac3"},
                                       {"mux", "-c:a aac -c:v libx264 -g 20 -bf 2"}}) {
        bool hasPicture = std::string(name) == "mux";
        ASSERT_TRUE(make(sound + (hasPicture ? picture : "") + coding + inSegments +
                         "-hls_segment_type fmp4 -hls_fmp4_init_filename " + name + "-init.mp4 " + name +
                         ".m3u8"))
            << name;
        auto joined = join(segments(name, ".m4s"), name + std::string("-init.mp4"));
        expectSamePackets(joined, name + std::string(".m3u8"));
        EXPECT_EQ(joined.find("avc1"), std::string::npos);
    }
}

TEST_F(SegmentAudioFiles, mp3_in_cmaf_segments_comes_as_frames) {
    ASSERT_TRUE(make(sound + "-c:a libmp3lame" + inSegments +
                     "-hls_segment_type fmp4 -hls_fmp4_init_filename m-init.mp4 m.m3u8"));
    write("joined.mp3", join(segments("m", ".m4s"), "m-init.mp4"));
    EXPECT_EQ(packets("joined.mp3"), packets("m.m3u8"));
}

TEST_F(SegmentAudioFiles, dash_segments_with_an_index_of_their_own_are_read) {
    ASSERT_TRUE(make(sound +
                     "-c:a aac -f dash -seg_duration 2 -use_template 1 -init_seg_name d-init.mp4 "
                     "-media_seg_name 'd$Number$.m4s' -global_sidx 0 -write_prft 1 -utc_timing_url x d.mpd"));
    std::vector<std::string> names;
    for (int i = 1; std::filesystem::exists(path("d" + std::to_string(i) + ".m4s")); ++i)
        names.push_back("d" + std::to_string(i) + ".m4s");
    expectSamePackets(join(names, "d-init.mp4"), "d.mpd");
}

TEST_F(SegmentAudioFiles, segments_that_are_whole_files_need_no_init_section) {
    ASSERT_TRUE(make(sound +
                     "-c:a aac -f segment -segment_time 2 -segment_format mp4 -segment_format_options "
                     "movflags=frag_keyframe+empty_moov+default_base_moof whole%d.mp4"));
    SegmentAudio audio;
    write("joined.mp4", joinWith(audio, segments("whole", ".mp4")));
    ASSERT_TRUE(make(sound + "-c:a aac all.m4a"));
    EXPECT_EQ(packets("joined.mp4"), packets("all.m4a"));
}

TEST_F(SegmentAudioFiles, packed_audio_is_read_behind_its_tag) {
    ASSERT_TRUE(make(sound + "-c:a aac -f segment -segment_time 2 -segment_format adts packed%d.aac"));
    ASSERT_TRUE(make(sound + "-c:a aac packed.aac"));
    std::vector<std::string> names;
    std::uint64_t pts = (std::uint64_t{1} << 33) - 300'000;
    for (const auto& name : segments("packed", ".aac")) {
        auto content = read(name);
        std::string time(8, '\0');
        for (int i = 0; i < 8; ++i)
            time[static_cast<std::size_t>(i)] = static_cast<char>(pts >> (56 - 8 * i) & 0xff);
        auto frame = std::string("PRIV\0\0\0\x35\0\0", 10) +
                     std::string("com.apple.streaming.transportStreamTimestamp\0", 45) + time;
        write("tagged-" + name, std::string("ID3\4\0\0\0\0\0\x3f", 10) + frame + content);
        names.push_back("tagged-" + name);
        std::uint64_t count = packets(name, withoutAdts).size();
        pts = (pts + count * 1024 * 90'000 / 48'000) & ((std::uint64_t{1} << 33) - 1);
    }
    expectSamePackets(join(names), "packed.aac", withoutAdts);
}

TEST_F(SegmentAudioFiles, mp3_files_as_segments_lose_their_headers_about_the_file) {
    ASSERT_TRUE(make(sound + "-c:a libmp3lame -write_xing 1 one.mp3"));
    SegmentAudio audio;
    auto joined = joinWith(audio, {"one.mp3", "one.mp3"});
    EXPECT_EQ(joined.find("Info"), std::string::npos);
    EXPECT_EQ(joined.find("Xing"), std::string::npos);
    write("joined.mp3", joined);
    auto once = packets("one.mp3");
    auto twice = once;
    twice.insert(twice.end(), once.begin(), once.end());
    EXPECT_EQ(packets("joined.mp3"), twice);
}

TEST_F(SegmentAudioFiles, go_on_where_another_process_left_off) {
    ASSERT_TRUE(make(sound + "-c:a aac" + inSegments + "r.m3u8"));
    ASSERT_TRUE(make(sound + "-c:a aac" + inSegments +
                     "-hls_segment_type fmp4 -hls_fmp4_init_filename f-init.mp4 f.m3u8"));
    ASSERT_TRUE(make(sound + "-c:a libmp3lame" + inSegments + "p.m3u8"));
    for (const auto& [name, extension, init] :
         {std::tuple{"r", ".ts", ""}, {"f", ".m4s", "f-init.mp4"}, {"p", ".ts", ""}}) {
        auto names = segments(name, extension);
        auto whole = join(names, init);
        std::string grown;
        for (const auto& segment : names) {
            SegmentAudio audio;
            auto resumed = audio.resume(MemorySource(bytesIn(grown)));
            ASSERT_TRUE(resumed) << name << resumed.error().message;
            if (*init) giveInit(audio, init);
            grown += joinWith(audio, {segment});
        }
        EXPECT_EQ(grown, whole) << name;
        SegmentAudio cut;
        EXPECT_FALSE(cut.resume(MemorySource(bytesIn(std::string_view(whole).substr(0, whole.size() - 1)))))
            << name;
    }
}

TEST_F(SegmentAudioFiles, may_change_their_init_section_and_not_their_format) {
    const std::string fmp4 = inSegments + "-hls_segment_type fmp4 -hls_fmp4_init_filename ";
    ASSERT_TRUE(make(sound + "-c:a aac -b:a 64k" + fmp4 + "a-init.mp4 a.m3u8"));
    ASSERT_TRUE(make(noise + "-c:a aac -b:a 96k" + fmp4 + "b-init.mp4 b.m3u8"));
    ASSERT_TRUE(make(noise + "-c:a aac -ar 44100" + fmp4 + "c-init.mp4 c.m3u8"));
    SegmentAudio audio;
    giveInit(audio, "a-init.mp4");
    auto joined = joinWith(audio, segments("a", ".m4s"));
    giveInit(audio, "b-init.mp4");
    auto again = audio.add(bytesIn(read("b0.m4s")), true);
    ASSERT_TRUE(again) << again.error().message;
    write("joined.mp4", joined + textIn(*again) + joinWith(audio, {"b1.m4s"}));
    auto ours = packets("joined.mp4"), first = packets("a.m3u8"), second = packets("b.m3u8");
    ASSERT_GT(ours.size(), first.size() + 90);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), ours.begin()));
    EXPECT_TRUE(
        std::equal(ours.begin() + static_cast<std::ptrdiff_t>(first.size()), ours.end(), second.begin()));
    giveInit(audio, "c-init.mp4");
    auto other = audio.add(bytesIn(read("c0.m4s")), true);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, Kind::not_media);
}

TEST_F(SegmentAudioFiles, that_are_encrypted_are_refused) {
    const std::string key =
        " -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb "
        "-encryption_kid a7e61c373e219033c21091fa607bf3b8 ";
    if (!make(sound + "-c:a aac" + key + "-movflags frag_keyframe+empty_moov enc.mp4"))
        GTEST_SKIP() << "this ffmpeg cannot encrypt";
    SegmentAudio audio;
    auto added = audio.add(bytesIn(read("enc.mp4")));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, Kind::drm_protected);
}

TEST_F(SegmentAudioFiles, that_are_cut_at_any_byte_are_never_taken_for_whole) {
    ASSERT_TRUE(make(sound + "-c:a aac" + inSegments +
                     "-hls_segment_type fmp4 -hls_fmp4_init_filename cut-init.mp4 cut.m3u8"));
    auto whole = read("cut0.m4s"), init = read("cut-init.mp4");
    for (std::size_t size = 8; size < whole.size(); size += 97) {
        SegmentAudio audio;
        ASSERT_TRUE(audio.init(bytesIn(init)));
        EXPECT_FALSE(audio.add(bytesIn(std::string_view(whole).substr(0, size)))) << size;
    }
    for (std::size_t size = 0; size < init.size() - 1; size += 7) {
        SegmentAudio audio;
        EXPECT_FALSE(audio.init(bytesIn(std::string_view(init).substr(0, size)))) << size;
    }
}

TEST_F(SegmentAudioFiles, raw_aac_becomes_a_plain_file_with_the_same_packets) {
    ASSERT_TRUE(make(noise + "-c:a aac -b:a 192k raw.aac"));
    std::string out;
    auto content = std::string("ID3\4\0\0\0\0\0\x05", 10) + "12345" + read("raw.aac");
    auto written = writeM4aOfAdts(MemorySource(bytesIn(content)), {.title = "Raw"},
                                  [&](std::span<const std::byte> bytes) -> Result<void> {
                                      out += textIn(bytes);
                                      return {};
                                  });
    ASSERT_TRUE(written) << written.error().message;
    write("raw.m4a", out);
    EXPECT_EQ(packets("raw.m4a"), packets("raw.aac", withoutAdts));
    EXPECT_EQ(written->bytes, out.size());
    EXPECT_NEAR(static_cast<double>(written->durationMs), 9000.0, 100.0);
}

TEST_F(SegmentAudioFiles, a_write_that_fails_ends_the_work_with_its_error) {
    ASSERT_TRUE(make(sound + "-c:a aac -movflags frag_keyframe+empty_moov some.mp4"));
    auto content = read("some.mp4");
    int calls = 0;
    auto written = writePlainM4a(MemorySource(bytesIn(content)), {}, [&](auto) -> Result<void> {
        if (++calls == 2) return fail(Kind::disk_full, "full");
        return {};
    });
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, Kind::disk_full);
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace auricle::media
