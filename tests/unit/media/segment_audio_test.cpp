// Streams as real packagers write them, made by ffmpeg, and what comes out of them compared with what ffmpeg
// reads in them.
#include "media/segment_audio.h"

#include "tests/unit/media/made_streams.h"

namespace auricle::media {
namespace {

using test::bytesIn;
using test::textIn;

const std::string sound = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=9 ";
const std::string picture = "-f lavfi -i testsrc=duration=9:size=64x64:rate=10 ";
const std::string inAdts = "-bsf:a aac_adtstoasc";

class SegmentAudioFiles : public test::MadeStreams {
  protected:
    /// All segments in order through one object; the error's sentence where there is one.
    std::string join(const std::vector<std::string>& names, const std::string& init = "") {
        SegmentAudio audio;
        return joinWith(audio, names, init);
    }
    std::string joinWith(SegmentAudio& audio, const std::vector<std::string>& names,
                         const std::string& init = "") {
        std::string out;
        if (!init.empty()) {
            auto taken = audio.init(bytesIn(read(init)));
            EXPECT_TRUE(taken) << taken.error().message;
        }
        for (const auto& name : names) {
            auto added = audio.add(bytesIn(read(name)));
            EXPECT_TRUE(added) << name << ": " << added.error().message;
            if (!added) return out;
            out += textIn(*added);
        }
        return out;
    }
    void expectSamePackets(const std::string& joined, const std::string& name, const std::string& source,
                           const std::string& options = "", const std::string& map = "0:a:0") {
        write(name, joined);
        auto ours = packets(name), theirs = packets(source, options, map);
        EXPECT_GT(theirs.size(), 10u) << source;
        EXPECT_EQ(ours, theirs) << source;
    }
};

TEST_F(SegmentAudioFiles, transport_streams_give_the_very_packets_of_their_sound) {
    ASSERT_TRUE(make(sound + picture +
                     "-c:a aac -b:a 64k -c:v mpeg2video -f hls -hls_time 2 -hls_list_size 0 ts.m3u8"));
    auto segments = named("ts0");
    for (auto i = 0; i < 12 && path("ts" + std::to_string(i) + ".ts").empty(); ++i) continue;
    EXPECT_FALSE(named("ts").empty());
    std::vector<std::string> names;
    for (int i = 0; std::filesystem::exists(path("ts" + std::to_string(i) + ".ts")); ++i)
        names.push_back("ts" + std::to_string(i) + ".ts");
    EXPECT_GT(names.size(), 3u);
    expectSamePackets(join(names), "ts.mp4", "ts.m3u8", inAdts);
}

}  // namespace
}  // namespace auricle::media
