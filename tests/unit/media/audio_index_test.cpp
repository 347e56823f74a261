// The index of a file's sound against ffmpeg's own reading of the file: what we write of it plays packet by
// packet as the source does, times included.
#include "media/audio_index.h"

#include <gtest/gtest.h>

#include "media/language.h"
#include "media/sparse_source.h"
#include "tests/unit/media/boxes.h"
#include "tests/unit/media/made_files.h"
#include "tests/unit/media/rebuilt.h"

namespace auricle::media {
namespace {

using namespace test;

std::span<const std::byte> bytesIn(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

Result<AudioIndex> indexOf(std::string_view file, std::string_view language = "") {
    MemorySource source(bytesIn(file));
    return readAudioIndex(source, language);
}

/// The .m4a that we make of a source.
std::string soundOf(std::string_view file, const AudioIndex& index) {
    auto head = m4aHead(index.format, index.samples, {});
    std::string out(reinterpret_cast<const char*>(head.data()), head.size());
    auto pieces = index.pieces.read();
    while (auto piece = pieces.next()) out += file.substr(piece->offset, piece->bytes);
    return out;
}

const std::string tone = "-f lavfi -i aevalsrc='0.3*sin(2*PI*(200+t*20)*t)':s=48000:d=4 ";
const std::string otherTone = "-f lavfi -i aevalsrc='0.2*sin(2*PI*(900-t*30)*t)':s=48000:d=4 ";
const std::string silence = "-f lavfi -i anullsrc=r=48000:cl=mono:d=4 ";
const std::string film = "-f lavfi -i testsrc=duration=4:size=64x64:rate=10 ";
const std::string h264 = "-c:v libx264 -preset ultrafast -g 10 ";

class AudioIndexFiles : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (MadeFiles::canMake()) files = std::make_unique<MadeFiles>();
    }
    static void TearDownTestSuite() { files.reset(); }
    void SetUp() override {
        if (!files) GTEST_SKIP() << "ffmpeg is not installed: nothing to compare with";
    }

    static void expectSamePackets(const std::string& name, const std::string& file, int track = 0,
                                  std::string_view language = "") {
        SCOPED_TRACE(name);
        ASSERT_FALSE(file.empty()) << "ffmpeg could not make it";
        auto index = indexOf(file, language);
        ASSERT_TRUE(index) << index.error().message;
        EXPECT_EQ(index->pieces.bytes(), index->samples.bytes());
        auto ours = soundOf(file, *index);
        auto probed = probeText(ours);
        ASSERT_TRUE(probed) << probed.error().message;
        EXPECT_TRUE(probed->hasAudio && !probed->hasVideo);
        // Of fragments ffmpeg guesses some durations, and reads all from a plain file.
        const std::string fields =
            index->isFragmented ? "pts,dts,size,data_hash" : "pts,dts,duration,size,data_hash";
        auto expected = files->packets("source.mp4", file, track, fields);
        EXPECT_GT(std::ranges::count(expected, '\n'), 10) << expected;
        EXPECT_EQ(MadeFiles::difference(files->packets("ours.m4a", ours, 0, fields), expected), "");
    }

    static inline std::unique_ptr<MadeFiles> files;
};

struct Recipe {
    std::string name, arguments;
};

TEST_F(AudioIndexFiles, OfProgressiveFilesGiveTheSourcesPackets) {
    const std::vector<Recipe> all{
        {"back.mp4", tone + film + "-c:a aac " + h264},
        {"front.mp4", tone + film + "-c:a aac -movflags +faststart " + h264},
        {"plain.m4a", tone + "-c:a aac"},
        {"low.mp4", tone + film + "-c:a aac -ar 22050 -ac 1 -b:a 32k " + h264},
        {"opus.mp4", tone + film + "-c:a libopus " + h264},
        {"alac.mp4", tone + film + "-c:a alac " + h264},
        {"flac.mp4", tone + film + "-c:a flac -strict -2 " + h264},
        {"ac3.mp4", tone + film + "-c:a ac3 " + h264},
        {"mp3.mp4", tone + film + "-c:a libmp3lame " + h264},
        {"low-mp3.mp4", tone + film + "-c:a libmp3lame -ar 16000 -ac 1 " + h264},
        {"delayed.mp4", "-itsoffset 1.5 " + tone + film + "-c:a aac " + h264},
        {"quicktime.mov", tone + film + "-c:a aac " + h264},
        {"alac.mov", tone + film + "-c:a alac " + h264},
        {"no-edits.mp4", tone + film + "-c:a aac -use_editlist 0 " + h264},
    };
    for (const auto& one : all) expectSamePackets(one.name, files->make(one.name, one.arguments));
}

TEST_F(AudioIndexFiles, OfPlainSamplesGiveTheSourcesSound) {
    // How many of these samples make a packet is a reader's own choice.
    auto file = files->make("pcm.mov", tone + film + "-c:a pcm_s16le " + h264);
    auto index = indexOf(file);
    ASSERT_TRUE(index) << index.error().message;
    files->packets("source.mov", file);
    files->packets("ours.m4a", soundOf(file, *index));
    EXPECT_EQ(files->decoded("ours.m4a"), files->decoded("source.mov"));
}

TEST_F(AudioIndexFiles, OfFragmentedFilesGiveTheSourcesPackets) {
    const std::string flags = "-c:a aac " + h264 + "-movflags ";
    const std::vector<Recipe> all{
        {"keyframes.mp4", tone + film + flags + "frag_keyframe+empty_moov"},
        {"base-moof.mp4", tone + film + flags + "frag_keyframe+empty_moov+default_base_moof"},
        {"hybrid.mp4", tone + film + flags + "frag_keyframe"},
        {"delay.mp4", tone + film + flags + "frag_keyframe+delay_moov+default_base_moof"},
        {"sidx.mp4", tone + film + flags + "dash+global_sidx"},
        {"sidx-each.mp4", tone + film + flags + "dash"},
        {"cmaf.mp4", tone + film + flags + "cmaf -frag_duration 500000"},
        {"omit-tfhd.mp4", tone + film + flags + "frag_keyframe+empty_moov+omit_tfhd_offset"},
        {"separate.mp4", tone + film + flags + "frag_keyframe+empty_moov+separate_moof"},
        {"no-mfra.mp4", tone + film + flags + "frag_keyframe+empty_moov+skip_trailer"},
        {"fine.mp4", tone + film + flags + "empty_moov+default_base_moof -frag_duration 40000"},
        {"opus-fragments.mp4", tone + film + "-c:a libopus " + h264 + "-movflags frag_keyframe+empty_moov"},
        {"sound-alone.mp4", tone + "-c:a aac -movflags empty_moov+default_base_moof -frag_duration 500000"},
    };
    for (const auto& one : all) expectSamePackets(one.name, files->make(one.name, one.arguments));
}

TEST_F(AudioIndexFiles, OfFragmentsWithoutATimeOfTheirOwnGiveTheSourcesPackets) {
    auto file =
        files->make("untimed.mp4", tone + film + "-c:a aac " + h264 + "-movflags frag_keyframe+empty_moov");
    expectSamePackets("untimed.mp4", renamed(file, "tfdt", "free"));
}

TEST_F(AudioIndexFiles, OfFragmentsThatBeginLaterKeepTheirTimes) {
    auto file = files->make("later.mp4", tone +
                                             "-c:a aac -output_ts_offset 100 -movflags "
                                             "frag_keyframe+empty_moov -frag_duration 500000");
    expectSamePackets("later.mp4", file);
}

TEST_F(AudioIndexFiles, KnowLongOffsetsAndALongMdat) {
    auto file = files->make("long.mp4", tone + film + "-c:a aac " + h264);
    expectSamePackets("co64", withLongOffsets(file));
    expectSamePackets("64-bit mdat", withLongMdat(file));
}

TEST_F(AudioIndexFiles, KnowSizesOfFourEightAndSixteenBits) {
    auto quiet = files->make("quiet.mp4", silence + film + "-c:a aac -b:a 8k " + h264);
    for (int bits : {4, 8, 16})
        expectSamePackets("stz2 " + std::to_string(bits), withCompactSizes(quiet, bits));
    auto loud = files->make("loud.mp4", tone + film + "-c:a aac " + h264);
    expectSamePackets("stz2 16, loud", withCompactSizes(loud, 16));
}

TEST_F(AudioIndexFiles, TakeTheLanguageThatIsWished) {
    auto file = files->make("languages.mp4", tone + otherTone + film +
                                                 "-map 2 -map 0 -map 1 -c:a aac -metadata:s:a:0 language=eng "
                                                 "-metadata:s:a:1 language=ger -disposition:a:0 default " +
                                                 h264);
    expectSamePackets("none wished", file, 0);
    expectSamePackets("de", file, 1, "de-CH");
    expectSamePackets("deu", file, 1, "deu");
    expectSamePackets("en", file, 0, "en");
    expectSamePackets("one that is not there", file, 0, "fr");
}

TEST_F(AudioIndexFiles, PassOverADisabledTrack) {
    auto file =
        files->make("disabled.mp4", tone + otherTone + film +
                                        "-map 0 -map 1 -map 2 -c:a aac -disposition:a:1 default " + h264);
    auto first = file.find("tkhd", file.find("trak"));
    file[first + 7] = '\0';
    auto second = file.find("tkhd", first + 4);
    file[second + 7] = '\3';
    expectSamePackets("the second is enabled", file, 1);
    file[second + 7] = '\0';
    expectSamePackets("none is enabled", file, 0);
}

TEST_F(AudioIndexFiles, GoThroughNinetyThousandChunks) {
    auto file = finestInterleave(90'000);
    auto index = indexOf(file);
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ(index->pieces.count(), 90'000u);
    EXPECT_EQ(index->samples.count(), 90'000u);
    expectSamePackets("finest", file);
}

TEST_F(AudioIndexFiles, AreRefusedWhereAnythingIsEncrypted) {
    auto file = files->make("cenc.mp4", tone + film + "-c:a aac " + h264 +
                                            "-encryption_scheme cenc-aes-ctr -encryption_key "
                                            "76a6c65c5ea762046bd749a2e632ccbb -encryption_kid "
                                            "a7e61c373e219033c21091fa607bf3b8");
    auto index = indexOf(file);
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().kind, Kind::drm_protected);
}

TEST_F(AudioIndexFiles, AreRefusedWhereTheyAreCut) {
    for (const auto* flags :
         {"", "-movflags +faststart", "-movflags dash+global_sidx -frag_duration 200000"}) {
        auto file =
            files->make("cut.mp4", "-f lavfi -i sine=duration=0.5 -c:a aac -b:a 16k " + std::string(flags));
        ASSERT_TRUE(indexOf(file)) << flags;
        auto end = file.find("mfra") == std::string::npos ? file.size() : file.find("mfra") - 4;
        for (std::size_t size = 0; size < end; ++size) {
            auto cut = indexOf(std::string_view(file).substr(0, size));
            ASSERT_FALSE(cut) << flags << " " << size;
            ASSERT_EQ(cut.error().kind, Kind::not_media);
        }
    }
}

TEST_F(AudioIndexFiles, GoOnWhereTheSourceHadNoMore) {
    for (const auto* flags : {"", "-movflags dash+global_sidx", "-movflags frag_keyframe"}) {
        auto file = files->make("trickle.mp4", tone + film + "-c:a aac " + h264 + flags);
        // Small parts, and those that were not read for long are forgotten.
        SparseSource source(file.size(), 48 * 1024);
        AudioIndexReader reader(source, "");
        int runs = 0;
        for (;; ++runs) {
            auto read = reader.run();
            if (read) break;
            ASSERT_EQ(read.error().kind, Kind::not_ready) << read.error().message;
            ASSERT_LT(runs, 10'000);
            auto part = bytesIn(std::string_view(file).substr(source.missing(), 2048));
            source.put(source.missing(), {part.begin(), part.end()});
        }
        EXPECT_GT(runs, 2);
        EXPECT_EQ(soundOf(file, reader.take()), soundOf(file, *indexOf(file))) << flags;
    }
}

TEST(AudioIndexTest, RefusesEveryFormOfEncryption) {
    auto expectProtected = [](const std::string& file, const std::string& what) {
        auto index = indexOf(file);
        ASSERT_FALSE(index) << what;
        EXPECT_EQ(index.error().kind, Kind::drm_protected) << what;
    };
    expectProtected(soundFile({.codec = "enca"}), "enca");
    expectProtected(soundFile({.inEntry = box("esds", zeros(4)) + box("sinf", box("frma", "mp4a"))}), "sinf");
    expectProtected(soundFile({}, box("pssh", zeros(24))), "pssh in moov");
    expectProtected(box("pssh", zeros(24)) + soundFile(), "pssh at the top");
    TrackRecipe sound{.chunks = {mdatAt}, .sizes = {10}};
    TrackRecipe picture{.handler = "vide", .codec = "encv", .id = 2, .chunks = {mdatAt + 10}, .sizes = {10}};
    expectProtected(ftyp() + box("mdat", zeros(20)) + moov(trak(sound) + trak(picture)), "encv");
}

TEST(AudioIndexTest, SaysThatThereIsNoSound) {
    auto index = indexOf(soundFile({.handler = "vide", .codec = "avc1"}));
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().kind, Kind::not_media);
    EXPECT_EQ(index.error().message, "There is no sound in it.");
}

TEST(AudioIndexTest, RefusesSoundThatNoPlayerKnows) {
    auto file = finestInterleave(20);
    file.replace(file.find("mp4a"), 4, "qqqq");
    auto index = indexOf(file);
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().kind, Kind::not_media);
    EXPECT_NE(index.error().message.find("not known"), std::string::npos);
}

TEST(AudioIndexTest, RefusesSoundThatLiesInAnotherFile) {
    auto file = finestInterleave(20);
    auto flags = file.find("url ") + 4;
    file[flags + 3] = '\0';
    auto index = indexOf(file);
    ASSERT_FALSE(index);
    EXPECT_NE(index.error().message.find("another file"), std::string::npos);
}

TEST(AudioIndexTest, HoldsTenHoursOfPacketsInAFewMebibytes) {
    // 1.7 million packets, each in a chunk of its own.
    auto file = finestInterleave(1'700'000);
    auto before = heapBytes();
    auto index = indexOf(file);
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ(index->samples.count(), 1'700'000u);
    EXPECT_LT(heapBytes() - before, 14u << 20);
}

TEST(LanguageTest, NamesTheSameInAllItsForms) {
    EXPECT_TRUE(isSameLanguage("de", "deu"));
    EXPECT_TRUE(isSameLanguage("ger", "de-CH"));
    EXPECT_TRUE(isSameLanguage("EN-us", "eng"));
    EXPECT_TRUE(isSameLanguage("gsw", "gsw-CH"));
    EXPECT_FALSE(isSameLanguage("de", "en"));
    EXPECT_FALSE(isSameLanguage("", ""));
    EXPECT_FALSE(isSameLanguage("und", "und"));
    EXPECT_EQ(unpackLanguage(0x55c4), "und");
    EXPECT_EQ(unpackLanguage(0x15c7), "eng");
    EXPECT_EQ(unpackLanguage(0), "");
}

}  // namespace
}  // namespace auricle::media
