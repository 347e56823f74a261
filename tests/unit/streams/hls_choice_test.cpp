#include "streams/hls_choice.h"

#include <gtest/gtest.h>

namespace {

using namespace auricle;

struct Case {
    std::string name, language, lines;
    std::string expected;  ///< "uri@bits …", sound in lower case, video after a '!'
};

std::string chosen(const Case& one) {
    auto playlist = media::readHlsPlaylist("#EXTM3U\n" + one.lines);
    if (!playlist) return playlist.error().message;
    std::string text;
    for (const auto& choice : streams::chooseSound(std::get<media::HlsMaster>(*playlist), one.language)) {
        text += text.empty() ? "" : " ";
        text += choice.how == "audio-from-video" ? "!" : "";
        text += choice.uri + "@" + std::to_string(choice.bitsPerSecond);
    }
    return text;
}

std::string media(const std::string& attributes) {
    return "#EXT-X-MEDIA:TYPE=AUDIO," + attributes + "\n";
}
std::string variant(int bandwidth, const std::string& uri, const std::string& more = "") {
    return "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(bandwidth) + more + "\n" + uri + "\n";
}

const std::string video = ",RESOLUTION=640x360,CODECS=\"avc1.4d401f,mp4a.40.2\"";
const std::string languages = media("GROUP-ID=\"a\",NAME=\"E\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"en\"") +
                              media("GROUP-ID=\"a\",NAME=\"D\",LANGUAGE=\"de\",URI=\"de\"") +
                              media("GROUP-ID=\"a\",NAME=\"C\",LANGUAGE=\"de\",AUTOSELECT=YES,URI=\"de2\"");

TEST(HlsChoice, takes_the_cheapest_that_has_the_sound) {
    const std::vector<Case> cases{
        {"the smallest variant where there is nothing else", "",
         variant(700, "low", video) + variant(300, "lower", video) + variant(900, "high", video),
         "!lower@300"},
        {"a variant that is sound alone first", "",
         variant(300, "low", video) + variant(64, "sound", ",CODECS=\"mp4a.40.2\"") +
             variant(32, "thin", ",CODECS=\"mp4a.40.5\""),
         "thin@32 sound@64 !low@300"},
        {"the average where it is said", "",
         variant(300, "a", ",AVERAGE-BANDWIDTH=200" + video) + variant(290, "b", video), "!a@200"},
        {"a rendition before everything", "", languages + variant(300, "low", video + ",AUDIO=\"a\""),
         "en@0"},
        {"the language that is wished for", "de-CH", languages + variant(300, "low", video + ",AUDIO=\"a\""),
         "de2@0"},
        {"the default where nobody speaks it", "fr", languages + variant(300, "low", video + ",AUDIO=\"a\""),
         "en@0"},
        {"a variant where the rendition is in its segments", "",
         media("GROUP-ID=\"a\",NAME=\"E\",DEFAULT=YES") + media("GROUP-ID=\"a\",NAME=\"D\",URI=\"de\"") +
             variant(300, "low", video + ",AUDIO=\"a\""),
         "!low@300"},
        {"one of each group, that of smaller variants first", "",
         media("GROUP-ID=\"hi\",NAME=\"E\",URI=\"hi\"") + media("GROUP-ID=\"lo\",NAME=\"E\",URI=\"lo\"") +
             variant(900, "v9", video + ",AUDIO=\"hi\"") + variant(300, "v3", video + ",AUDIO=\"lo\""),
         "lo@0 hi@0"},
        {"a rendition once, though it is a variant too", "",
         media("GROUP-ID=\"a\",NAME=\"E\",URI=\"sound\"") + variant(300, "low", video + ",AUDIO=\"a\"") +
             variant(64, "sound", ",CODECS=\"mp4a.40.2\",AUDIO=\"a\""),
         "sound@0"},
        {"nothing where there is nothing", "", media("GROUP-ID=\"a\",NAME=\"E\""), ""},
    };
    for (const auto& one : cases) EXPECT_EQ(chosen(one), one.expected) << one.name;
}

}  // namespace
