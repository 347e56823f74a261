// Transport streams made by hand, packet by packet: what ffmpeg never writes and servers do.
#include "media/mpeg_ts.h"

#include <gtest/gtest.h>

#include "media/segment_audio.h"
#include "tests/unit/media/transport.h"

namespace auricle::media {
namespace {

using namespace test::transport;

/// Keeps what it is given.
struct Heard final : SoundSink {
    Result<void> begin(Coding coding, std::optional<std::uint64_t> pts) override {
        codings.push_back(coding);
        times.push_back(pts);
        return {};
    }
    Result<void> bytes(std::span<const std::byte> more) override {
        sound.append(reinterpret_cast<const char*>(more.data()), more.size());
        return {};
    }
    void breakOff() override { ++breaks; }

    std::vector<Coding> codings;
    std::vector<std::optional<std::uint64_t>> times;
    std::string sound;
    int breaks = 0;
};

class MpegTsByHand : public testing::Test {
  protected:
    Result<void> push(const std::string& stream) {
        auto pushed = ts.push(bytesOf(stream), heard);
        return pushed ? ts.findSound() : pushed;
    }
    Kind failure(const std::string& stream) {
        auto pushed = push(stream);
        EXPECT_FALSE(pushed);
        return pushed ? Kind::internal : pushed.error().kind;
    }

    MpegTs ts{""};
    Heard heard;
    Muxer muxer;
};

TEST_F(MpegTsByHand, gives_the_sound_and_its_time) {
    auto sound = frames(5);
    ASSERT_TRUE(push(muxer.tables() + muxer.pes(sound, 90'000)));
    EXPECT_EQ(heard.sound, sound);
    ASSERT_EQ(heard.times.size(), 1u);
    EXPECT_EQ(heard.times[0], 90'000u);
    EXPECT_EQ(heard.codings[0], Coding::aac);
}

TEST_F(MpegTsByHand, reads_all_33_bits_of_a_time) {
    constexpr std::uint64_t last = (std::uint64_t{1} << 33) - 1;
    ASSERT_TRUE(push(muxer.tables() + muxer.pes(frames(1), last) + muxer.pes(frames(1), 0x1'5555'5555)));
    EXPECT_EQ(heard.times[0], last);
    EXPECT_EQ(heard.times[1], 0x1'5555'5555u);
}

TEST_F(MpegTsByHand, takes_a_packet_without_a_time_or_a_length) {
    auto sound = frames(3);
    ASSERT_TRUE(push(muxer.tables() + muxer.pes(sound, std::nullopt, {.hasLength = false})));
    EXPECT_EQ(heard.sound, sound);
    EXPECT_EQ(heard.times[0], std::nullopt);
}

TEST_F(MpegTsByHand, leaves_out_what_follows_the_length_of_a_packet) {
    ASSERT_TRUE(push(muxer.tables() + muxer.pes("sound", 0, {.behind = "stuffing"})));
    EXPECT_EQ(heard.sound, "sound");
}

TEST_F(MpegTsByHand, reads_a_header_that_goes_over_several_packets) {
    auto sound = frames(2);
    ASSERT_TRUE(push(muxer.tables() + muxer.pes(sound, 77, {.headerStuffing = 240})));
    EXPECT_EQ(heard.sound, sound);
    EXPECT_EQ(heard.times[0], 77u);
}

TEST_F(MpegTsByHand, reads_tables_that_go_over_several_packets_and_sections) {
    std::vector<Stream> many(
        60, Stream{.type = 0x1b, .pid = 0x200, .descriptors = std::string("\x52\x01\x07", 3)});
    many.push_back({});
    auto sound = frames(1);
    ASSERT_TRUE(push(muxer.section(patPid, muxer.emptyPat(0, 1) + muxer.pat(1, 1)) + muxer.map(many) +
                     muxer.pes(sound, 0)));
    EXPECT_EQ(heard.sound, sound);
}

TEST_F(MpegTsByHand, follows_a_map_that_changes) {
    auto sound = frames(1);
    ASSERT_TRUE(push(muxer.tables() + muxer.pes(sound, 0) + muxer.map({{.pid = 0x300}}, {.version = 1}) +
                     muxer.pes("old", 0) + muxer.pes(sound, 0, {.pid = 0x300})));
    EXPECT_EQ(heard.sound, sound + sound);
    ASSERT_TRUE(push(muxer.section(patPid, muxer.pat(0, 0, 0x777)) + muxer.map({{}}, {.pid = 0x777}) +
                     muxer.pes(sound, 0)));
    EXPECT_EQ(heard.sound, sound + sound + sound);
}

TEST_F(MpegTsByHand, stays_with_its_sound_when_the_map_changes_around_it) {
    ASSERT_TRUE(push(muxer.tables() + muxer.map({{.pid = 0x300}, {}}, {.version = 1}) +
                     muxer.pes("other", 0, {.pid = 0x300}) + muxer.pes("same", 0)));
    EXPECT_EQ(heard.sound, "same");
}

TEST_F(MpegTsByHand, believes_no_table_that_is_damaged_or_of_the_future) {
    auto wrong = muxer.map({{.pid = 0x300}});
    wrong[9] ^= 1;  // of the program's number, which nobody looks at
    ASSERT_TRUE(push(muxer.section(patPid, muxer.pat()) + wrong +
                     muxer.map({{.pid = 0x300}}, {.isCurrent = false}) +
                     muxer.pes("wrong", 0, {.pid = 0x300}) + muxer.map({{}}) + muxer.pes("right", 0)));
    EXPECT_EQ(heard.sound, "right");
}

TEST_F(MpegTsByHand, takes_the_sound_in_the_language_that_is_wished) {
    const std::vector<Stream> two{{.pid = 0x201, .descriptors = language("eng")},
                                  {.pid = 0x202, .descriptors = language("ger")}};
    for (auto [wish, said] :
         {std::pair{"", "english"}, {"de-CH", "deutsch"}, {"en", "english"}, {"fr", "english"}}) {
        ts = MpegTs(wish);
        heard = {};
        ASSERT_TRUE(push(muxer.tables(two) + muxer.pes("english", 0, {.pid = 0x201}) +
                         muxer.pes("deutsch", 0, {.pid = 0x202})));
        EXPECT_EQ(heard.sound, said) << wish;
    }
}

TEST_F(MpegTsByHand, finds_its_step_again_behind_bytes_that_are_no_packets) {
    auto sound = frames(2);
    auto first = muxer.tables(), second = muxer.pes(sound, 0);
    ASSERT_TRUE(
        push("\x47 not yet " + first + std::string(100, 'x') + "\x47\x47" + second + muxer.pes(sound, 0)));
    EXPECT_EQ(heard.sound, sound + sound);
}

TEST_F(MpegTsByHand, leaves_out_a_packet_that_is_sent_twice) {
    auto packets = muxer.pes(frames(2), 0);
    auto once = packets.substr(0, 188);
    ASSERT_TRUE(push(muxer.tables() + once + packets));
    EXPECT_EQ(heard.sound, frames(2));
    EXPECT_EQ(ts.lostPackets(), 0u);
}

TEST_F(MpegTsByHand, counts_packets_that_are_missing) {
    auto packets = muxer.pes(frames(20), 0);
    ASSERT_TRUE(push(muxer.tables() + packets.substr(0, 188) + packets.substr(376)));
    EXPECT_EQ(ts.lostPackets(), 1u);
}

TEST_F(MpegTsByHand, leaves_out_packets_that_a_receiver_has_marked_as_damaged) {
    auto packets = muxer.pes(frames(20), 0);
    packets[188 + 1] = static_cast<char>(packets[188 + 1] | 0x80);
    ASSERT_TRUE(push(muxer.tables() + packets));
    EXPECT_LT(heard.sound.size(), frames(20).size());
    EXPECT_GE(ts.lostPackets(), 1u);
}

TEST_F(MpegTsByHand, tells_of_a_break_that_the_stream_announces) {
    auto packets = muxer.pes(frames(1), 0, {.isDiscontinuous = true});
    ASSERT_TRUE(push(muxer.tables() + muxer.pes("cut", 0) + packets));
    EXPECT_EQ(heard.breaks, 1);
    EXPECT_EQ(ts.lostPackets(), 0u);
}

TEST_F(MpegTsByHand, refuses_what_is_scrambled) {
    auto packets = muxer.pes(frames(1), 0);
    packets[3] = static_cast<char>(packets[3] | 0x80);
    EXPECT_EQ(failure(muxer.tables() + packets), Kind::drm_protected);
    ts = MpegTs("");
    EXPECT_EQ(failure(muxer.tables() + muxer.pes(frames(1), 0, {.flags = 0xa0})), Kind::drm_protected);
}

TEST_F(MpegTsByHand, refuses_samples_that_are_encrypted_one_by_one) {
    for (int type : {0xcf, 0xdb, 0xc1, 0xc2}) {
        ts = MpegTs("");
        EXPECT_EQ(failure(muxer.tables({{.type = type}, {.pid = 0x300}})), Kind::drm_protected) << type;
    }
}

TEST_F(MpegTsByHand, names_a_codec_that_it_cannot_take) {
    for (auto [type, name] : {std::pair{0x11, "LATM"}, {0x87, "E-AC-3"}, {0x82, "DTS"}}) {
        ts = MpegTs("");
        auto pushed = push(muxer.tables({{.type = type}}));
        ASSERT_FALSE(pushed);
        EXPECT_EQ(pushed.error().kind, Kind::not_media);
        EXPECT_NE(pushed.error().message.find(name), std::string::npos) << pushed.error().message;
    }
}

TEST_F(MpegTsByHand, knows_dvbs_way_to_announce_ac3) {
    ASSERT_TRUE(
        push(muxer.tables({{.type = 6, .descriptors = std::string("\x6a\x01\x00", 3)}}) + muxer.pes("x", 0)));
    EXPECT_EQ(heard.codings.at(0), Coding::ac3);
    ts = MpegTs("");
    ASSERT_TRUE(push(muxer.tables({{.type = 6,
                                    .descriptors = "\x05\x04"
                                                   "AC-3"}}) +
                     muxer.pes("x", 0)));
    EXPECT_EQ(heard.codings.at(1), Coding::ac3);
}

TEST_F(MpegTsByHand, says_that_there_is_no_sound) {
    EXPECT_EQ(failure(muxer.tables({{.type = 0x1b}})), Kind::not_media);
    ts = MpegTs("");
    EXPECT_EQ(failure(muxer.pes(frames(1), 0)), Kind::not_media) << "no tables";
}

TEST_F(MpegTsByHand, says_that_a_segment_is_cut_or_none_at_all) {
    auto whole = muxer.tables() + muxer.pes(frames(30), 0);
    EXPECT_EQ(failure(whole.substr(0, whole.size() - 1)), Kind::not_media);
    EXPECT_EQ(failure("<html>Sign in</html>"), Kind::not_media);
    EXPECT_EQ(failure(""), Kind::not_media);
}

/// The sound of streams made by hand, put through to the end.
class SegmentsByHand : public testing::Test {
  protected:
    Result<std::vector<std::byte>> add(const std::string& stream, bool isDiscontinuous = false) {
        return audio.add(bytesOf(stream), isDiscontinuous);
    }

    SegmentAudio audio;
    Muxer muxer;
};

TEST_F(SegmentsByHand, joins_frames_that_begin_in_one_segment_and_end_in_the_next) {
    auto sound = frames(40);
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(sound.substr(0, 1000), 0)));
    EXPECT_FALSE(audio.isComplete());
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(sound.substr(1000), std::nullopt)));
    EXPECT_TRUE(audio.isComplete());
    EXPECT_EQ(audio.durationMs(), 40u * 1024 * 1000 / 48'000);
    EXPECT_TRUE(audio.finish());
}

TEST_F(SegmentsByHand, leave_no_hole_where_a_packet_is_missing) {
    auto packets = muxer.pes(frames(40), 0);
    auto added = add(muxer.tables() + packets.substr(0, 5 * 188) + packets.substr(6 * 188));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, Kind::not_media);
}

TEST_F(SegmentsByHand, forget_a_cut_frame_and_the_time_at_a_discontinuity) {
    constexpr std::uint64_t tenFrames = 10 * 1024 * 90'000 / 48'000;
    auto sound = frames(10);
    ASSERT_TRUE(
        add(muxer.tables() + muxer.pes(sound, 0) + muxer.pes(sound.substr(0, sound.size() - 20), tenFrames)));
    EXPECT_FALSE(audio.isComplete());
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(sound, 5'000'000), true));
    EXPECT_EQ(audio.durationMs(), 29u * 1024 * 1000 / 48'000);
    EXPECT_EQ(audio.faults().gaps, 0u);
}

TEST_F(SegmentsByHand, count_a_hole_in_the_streams_own_time_and_not_its_turn_of_33_bits) {
    constexpr std::uint64_t turn = std::uint64_t{1} << 33, tenFrames = 10 * 1024 * 90'000 / 48'000;
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(frames(10), turn - tenFrames) + muxer.pes(frames(10), 0)));
    EXPECT_EQ(audio.faults().gaps, 0u);
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(frames(10), tenFrames + 90'000)));
    EXPECT_EQ(audio.faults().gaps, 1u);
}

TEST_F(SegmentsByHand, do_not_change_their_format_on_the_way) {
    ASSERT_TRUE(add(muxer.tables() + muxer.pes(frames(10), 0)));
    auto added = add(muxer.tables() + muxer.pes(frames(10, 4), 0), true);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, Kind::not_media);
    EXPECT_NE(added.error().message.find("format"), std::string::npos);
}

TEST_F(SegmentsByHand, name_a_layout_of_aac_that_no_mp4_can_be_written_for) {
    constexpr std::uint64_t secondBlock = 1;
    auto added = add(muxer.tables() + muxer.pes(frames(3, 3, secondBlock), 0));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, Kind::not_media);
    EXPECT_NE(added.error().message.find("several blocks"), std::string::npos);
}

TEST_F(SegmentsByHand, leave_out_the_checksums_of_frames) {
    FrameCutter cutter(Coding::aac);
    auto sound = frames(3);
    for (std::size_t at = 0; at < sound.size(); at += adtsAt(bytesOf(sound).subspan(at))->bytes)
        sound[at + 1] = static_cast<char>(sound[at + 1] & ~1);
    SampleBatch batch;
    ASSERT_TRUE(cutter.push(bytesOf(sound), batch));
    EXPECT_EQ(batch.samples.size(), 3u);
    EXPECT_EQ(batch.bytes.size(), sound.size() - 3 * 9);
}

TEST_F(SegmentsByHand, that_look_like_a_box_as_well_are_packets_all_the_same) {
    // A packet of a PID that nobody names, whose payload says "moov" where a box has its name.
    auto stream = std::string("\x47\x1f\x00\x10moov", 8) + std::string(180, 'x') + muxer.tables() +
                  muxer.pes(frames(3), 0);
    auto added = add(stream);
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_EQ(audio.durationMs(), 3u * 1024 * 1000 / 48'000);
}

TEST_F(SegmentsByHand, that_are_no_sound_are_refused) {
    for (std::string text : {"<html>", "WEBVTT\n\n", "", "ID3", "\xff\xf1"}) {
        SegmentAudio other;
        auto added = other.add(bytesOf(text));
        ASSERT_FALSE(added) << text;
        EXPECT_EQ(added.error().kind, Kind::not_media);
    }
    EXPECT_FALSE(SegmentAudio().finish());
}

}  // namespace
}  // namespace auricle::media
