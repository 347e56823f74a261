// Files as real programs write them: made by ffmpeg, where it is there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/unit/media/boxes.h"

namespace auricle::media {
namespace {

namespace fs = std::filesystem;

const std::string sound = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=3 ";
const std::string picture = "-f lavfi -i testsrc=duration=3:size=64x64:rate=5 ";

class ProbeFiles : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        hasFfmpeg = std::system("ffmpeg -version > /dev/null 2>&1") == 0;
        folder = fs::path(testing::TempDir()) / ("auricle-media-" + std::to_string(::getpid()));
        fs::create_directories(folder);
    }
    static void TearDownTestSuite() { fs::remove_all(folder); }
    void SetUp() override {
        if (!hasFfmpeg) GTEST_SKIP() << "ffmpeg is not installed: no real files to judge";
    }

    /// The file that ffmpeg writes under that name, or empty where this ffmpeg lacks an encoder.
    fs::path make(const std::string& name, const std::string& arguments) {
        auto file = folder / name;
        auto command =
            "ffmpeg -nostdin -v error -y " + arguments + " '" + file.string() + "' > /dev/null 2>&1";
        return std::system(command.c_str()) == 0 ? file : fs::path();
    }
    static std::string read(const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    static inline bool hasFfmpeg = false;
    static inline fs::path folder;
};

struct Expected {
    std::string file, arguments, name, mime, extension;
    bool hasVideo = false;
};

TEST_F(ProbeFiles, AreKnownByWhatTheyHold) {
    const std::vector<Expected> all{
        {"back.m4a", sound + "-c:a aac", "mp4", "audio/mp4", "m4a"},
        {"front.m4a", sound + "-c:a aac -movflags +faststart", "mp4", "audio/mp4", "m4a"},
        {"sound.mp4", sound + "-c:a aac", "mp4", "audio/mp4", "m4a"},
        {"fragments.mp4",
         sound + "-c:a aac -movflags frag_keyframe+empty_moov+default_base_moof -frag_duration 500000", "mp4",
         "audio/mp4", "m4a"},
        {"dash.mp4", sound + "-c:a aac -movflags dash+global_sidx -frag_duration 500000", "mp4", "audio/mp4",
         "m4a"},
        {"legacy.mp4", sound + "-c:a aac -movflags frag_keyframe -frag_duration 500000", "mp4", "audio/mp4",
         "m4a"},
        {"opus.mp4", sound + "-c:a libopus", "mp4", "audio/mp4", "m4a"},
        {"alac.m4a", sound + "-c:a alac", "mp4", "audio/mp4", "m4a"},
        {"ac3.mp4", sound + "-c:a ac3", "mp4", "audio/mp4", "m4a"},
        {"quicktime.mov", sound + "-c:a pcm_s16le", "mp4", "audio/mp4", "m4a"},
        {"video.mp4", sound + picture + "-c:a aac -c:v libx264", "mp4", "audio/mp4", "m4a", true},
        {"fragmented-video.mp4",
         sound + picture + "-c:a aac -c:v libx264 -bf 0 -movflags frag_keyframe+empty_moov", "mp4",
         "audio/mp4", "m4a", true},
        {"vbr.mp3", sound + "-c:a libmp3lame -q:a 5", "mp3", "audio/mpeg", "mp3"},
        {"cbr.mp3", sound + "-c:a libmp3lame -b:a 64k -write_xing 0 -id3v2_version 0", "mp3", "audio/mpeg",
         "mp3"},
        {"low.mp3", sound + "-c:a libmp3lame -ar 8000 -ac 1 -write_xing 0 -write_id3v1 1 -metadata title=x",
         "mp3", "audio/mpeg", "mp3"},
        {"layer2.mp2", sound + "-c:a mp2", "mp3", "audio/mpeg", "mp3"},
        {"sound.aac", sound + "-c:a aac", "adts", "audio/aac", "aac"},
        {"opus.ogg", sound + "-c:a libopus", "ogg", "audio/ogg", "opus"},
        {"vorbis.ogg", sound + "-c:a libvorbis", "ogg", "audio/ogg", "ogg"},
        {"flac.ogg", sound + "-c:a flac", "ogg", "audio/ogg", "ogg"},
        {"theora.ogg", sound + picture + "-c:a libvorbis -c:v libtheora", "ogg", "audio/ogg", "ogg", true},
        {"sound.webm", sound + "-c:a libopus", "webm", "audio/webm", "webm"},
        {"video.webm", sound + picture + "-c:a libopus -c:v libvpx", "webm", "audio/webm", "webm", true},
        {"sound.mka", sound + "-c:a aac", "matroska", "audio/x-matroska", "mka"},
        {"sound.flac", sound + "-c:a flac", "flac", "audio/flac", "flac"},
        {"sound.wav", sound, "wav", "audio/wav", "wav"},
    };
    for (const auto& one : all) {
        auto file = make(one.file, one.arguments);
        if (file.empty()) continue;
        int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_GE(descriptor, 0);
        auto found = probe(FileSource(descriptor));
        ::close(descriptor);
        ASSERT_TRUE(found) << one.file << ": " << found.error().message;
        EXPECT_EQ(found->name, one.name) << one.file;
        EXPECT_EQ(found->mime, one.mime) << one.file;
        EXPECT_EQ(found->extension, one.extension) << one.file;
        EXPECT_TRUE(found->hasAudio) << one.file;
        EXPECT_EQ(found->hasVideo, one.hasVideo) << one.file;
        EXPECT_FALSE(found->isEncrypted) << one.file;
        EXPECT_NEAR(static_cast<double>(found->durationMs), 3000.0, 200.0) << one.file;
        auto content = read(file);
        EXPECT_EQ(test::lookAt(std::string_view(content).substr(0, 16 * 1024)), FirstLook::media) << one.file;
    }
}

TEST_F(ProbeFiles, ACoverIsNoMovingPicture) {
    auto cover = make("cover.png", picture + "-frames:v 1");
    auto file = make("covered.m4a", sound + "-i '" + cover.string() +
                                        "' -map 0 -map 1 -c:a aac -c:v copy -disposition:v attached_pic");
    ASSERT_FALSE(file.empty());
    auto found = test::probeText(read(file));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_FALSE(found->hasVideo);
    auto track =
        make("cover-track.mp4", sound + "-i '" + cover.string() + "' -map 0 -map 1 -c:a aac -c:v copy");
    if (track.empty()) return;
    found = test::probeText(read(track));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_FALSE(found->hasVideo);
}

TEST_F(ProbeFiles, AnEncryptedFileIsTold) {
    auto file =
        make("cenc.mp4",
             sound +
                 "-c:a aac -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb "
                 "-encryption_kid a7e61c373e219033c21091fa607bf3b8");
    if (file.empty()) GTEST_SKIP() << "this ffmpeg cannot encrypt";
    auto found = test::probeText(read(file));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->isEncrypted);
}

TEST_F(ProbeFiles, ATruncatedMp4IsNeverCompleteAtAnyByte) {
    const std::string brief = "-f lavfi -i sine=duration=0.3 -c:a aac -b:a 16k ";
    for (const auto& [name, flags] :
         {std::pair{"back", ""}, std::pair{"front", "-movflags +faststart"},
          std::pair{"global", "-movflags dash+global_sidx -frag_duration 100000"}}) {
        auto content = read(make("cut-" + std::string(name) + ".mp4", brief + flags));
        ASSERT_TRUE(test::probeText(content)) << name;
        // What follows the sound itself may be missing: an index for seeking holds nothing that is heard.
        auto end = content.find("mfra") == std::string::npos ? content.size() : content.find("mfra") - 4;
        for (std::size_t size = 0; size < end; ++size) {
            EXPECT_FALSE(test::probeText(std::string_view(content).substr(0, size)))
                << name << " " << size << " of " << content.size();
        }
    }
}

TEST_F(ProbeFiles, ACutMatroskaWavOrOggIsTold) {
    for (const auto& [name, arguments] :
         {std::pair{"cut.webm", "-c:a libopus"}, std::pair{"cut.wav", ""},
          std::pair{"cut.ogg", "-c:a libopus"}, std::pair{"cut.mp3", "-c:a libmp3lame"}}) {
        auto content = read(make(name, sound + arguments));
        ASSERT_TRUE(test::probeText(content)) << name;
        for (auto percent : {3, 10, 50, 90}) {
            auto found = test::probeText(
                std::string_view(content).substr(0, content.size() * static_cast<unsigned>(percent) / 100));
            EXPECT_FALSE(found) << name << " " << percent;
        }
    }
}

std::string mutated(std::string file, std::mt19937& random) {
    static constexpr std::array<std::uint64_t, 6> values{0, 1, 7, 0x7fffffff, 0xffffffff, 0xfffffffe};
    for (auto n = random() % 6 + 1; n > 0 && file.size() > 16; --n) {
        // Half of them near the beginning or the end, where the structure is.
        auto span = random() % 2 ? file.size() : std::min<std::size_t>(file.size(), 700);
        auto at = random() % 2 ? random() % span : file.size() - 1 - random() % span;
        switch (random() % 5) {
            case 0:
                file[at] = static_cast<char>(random());
                break;
            case 1:
                file.replace(at, std::min<std::size_t>(4, file.size() - at),
                             test::u32(values[random() % values.size()]));
                break;
            case 2:
                file.replace(at, std::min<std::size_t>(8, file.size() - at),
                             test::u64(UINT64_MAX - random() % 64));
                break;
            case 3:
                file.erase(at, random() % 32);
                break;
            default:
                file.insert(at, file.substr(random() % file.size(), random() % 64));
        }
    }
    return file;
}

TEST_F(ProbeFiles, OutliveTenThousandMutations) {
    const std::string brief = "-f lavfi -i sine=duration=0.2 ";
    std::vector<std::string> seeds{test::soundFile(), test::soundFile({.isLong = true})};
    for (const auto& [name, arguments] :
         {std::pair{"m.m4a", "-c:a aac"},
          std::pair{"m.mp4", "-c:a aac -movflags frag_keyframe+empty_moov -frag_duration 50000"},
          std::pair{"dash.mp4", "-c:a aac -movflags dash+global_sidx -frag_duration 50000"},
          std::pair{"m.mp3", "-c:a libmp3lame"}, std::pair{"m.aac", "-c:a aac"},
          std::pair{"m.ogg", "-c:a libopus"}, std::pair{"m.webm", "-c:a libopus"},
          std::pair{"m.flac", "-c:a flac"}, std::pair{"m.wav", "-ar 8000"}}) {
        auto file = make(name, brief + arguments);
        if (!file.empty()) seeds.push_back(read(file));
    }
    std::mt19937 random(20261121);
    for (int i = 0; i < 10'000; ++i) {
        auto file = mutated(seeds[static_cast<std::size_t>(i) % seeds.size()], random);
        auto found = test::probeText(file);
        if (!found) {
            EXPECT_EQ(found.error().kind, Kind::not_media);
            EXPECT_FALSE(found.error().message.empty());
        }
        test::lookAt(file);
    }
}

}  // namespace
}  // namespace auricle::media
