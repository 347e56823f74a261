#include "media/dash_manifest.h"

#include <gtest/gtest.h>

#include "media/dash_values.h"

namespace {

using namespace auricle;
using media::ByteRange;
using media::DashManifest;
using media::DashSource;
using media::readDashManifest;

/// A static manifest around some periods.
std::string mpd(const std::string& periods,
                const std::string& attributes = "mediaPresentationDuration=\"PT20S\"") {
    return "<?xml version=\"1.0\"?>\n<!-- made by hand -->\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
           "xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:cenc=\"urn:mpeg:cenc:2013\" type=\"static\" " +
           attributes + ">" + periods + "</MPD>";
}

/// One period with one representation of sound, addressed as `inside` says.
std::string soundOf(const std::string& inside, const std::string& period = "") {
    return mpd(
        "<Period " + period +
        "><AdaptationSet mimeType=\"audio/mp4\" lang=\"en\"><Representation id=\"a\" bandwidth=\"64000\" "
        "codecs=\"mp4a.40.2\">" +
        inside + "</Representation></AdaptationSet></Period>");
}

DashManifest manifest(const std::string& text, std::string_view language = {}) {
    auto read = readDashManifest(text, language);
    if (!read) throw std::invalid_argument(read.error().message);
    return std::move(*read);
}

DashSource source(const std::string& inside, const std::string& period = "") {
    return manifest(soundOf(inside, period)).tracks.at(0).periods.at(0);
}

std::string uris(const DashSource& source) {
    std::string list;
    for (const auto& segment : source.segments) list += (list.empty() ? "" : " ") + segment.uri;
    return list;
}

Kind kindOf(const std::string& text) {
    auto read = readDashManifest(text);
    return read ? Kind::internal : read.error().kind;
}

TEST(DashTemplate, counts_segments_by_the_periods_length) {
    auto found = source(
        "<SegmentTemplate timescale=\"1000\" duration=\"6000\" startNumber=\"5\" "
        "initialization=\"$RepresentationID$/"
        "init.mp4\" media=\"$RepresentationID$/$Number%03d$-$Bandwidth$.m4s\"/>");
    EXPECT_EQ(found.init->uri, "a/init.mp4");
    EXPECT_EQ(uris(found), "a/005-64000.m4s a/006-64000.m4s a/007-64000.m4s a/008-64000.m4s");
    EXPECT_EQ(found.segments[0].durationUs, 6'000'000u);
    EXPECT_EQ(found.segments[3].durationUs, 2'000'000u);
    EXPECT_FALSE(found.segments[3].mayBeMissing);
}

TEST(DashTemplate, doubts_a_last_segment_that_only_rounding_asks_for) {
    auto found =
        source("<SegmentTemplate duration=\"4\" timescale=\"1\" media=\"$Number$\"/>", "duration=\"PT8.2S\"");
    ASSERT_EQ(found.segments.size(), 3u);
    EXPECT_FALSE(found.segments[1].mayBeMissing);
    EXPECT_TRUE(found.segments[2].mayBeMissing);
    found =
        source("<SegmentTemplate duration=\"4\" endNumber=\"2\" media=\"$Number$\"/>", "duration=\"PT80S\"");
    EXPECT_EQ(uris(found), "1 2");
}

TEST(DashTemplate, follows_a_timeline) {
    auto found = source(
        "<SegmentTemplate timescale=\"10\" media=\"$Time$.m4s\" startNumber=\"3\"><SegmentTimeline>"
        "<S t=\"100\" d=\"20\" r=\"2\"/><S d=\"10\"/><S t=\"200\" "
        "d=\"5\"/></SegmentTimeline></SegmentTemplate>");
    EXPECT_EQ(uris(found), "100.m4s 120.m4s 140.m4s 160.m4s 200.m4s");
    EXPECT_EQ(found.segments[0].durationUs, 2'000'000u);
    EXPECT_EQ(found.segments[4].durationUs, 500'000u);
    EXPECT_FALSE(found.init);
}

TEST(DashTemplate, repeats_up_to_the_next_entry_or_the_end) {
    auto found = source(
        "<SegmentTemplate timescale=\"1\" media=\"$Number$-$Time$\" "
        "presentationTimeOffset=\"100\"><SegmentTimeline>"
        "<S t=\"100\" d=\"4\" r=\"-1\"/><S t=\"108\" d=\"5\" r=\"-1\"/></SegmentTimeline></SegmentTemplate>");
    EXPECT_EQ(uris(found), "1-100 2-104 3-108 4-113 5-118");
}

TEST(DashTemplate, inherits_what_is_said_further_out) {
    auto text = mpd(
        "<Period><SegmentTemplate timescale=\"1000\" media=\"p/$Number$\" startNumber=\"7\"/>"
        "<AdaptationSet contentType=\"audio\"><SegmentTemplate duration=\"10000\" initialization=\"i\"/>"
        "<Representation id=\"a\" bandwidth=\"1\"><SegmentTemplate media=\"r/$Number$\"/></Representation>"
        "</AdaptationSet></Period>");
    auto found = manifest(text).tracks.at(0).periods.at(0);
    EXPECT_EQ(uris(found), "r/7 r/8");
    EXPECT_EQ(found.init->uri, "i");
}

TEST(DashTemplate, refuses_a_pattern_it_does_not_know) {
    for (const auto* pattern :
         {"$SubNumber$", "$Number", "$Number%5d$", "$Number%0999d$", "$Number%0xd$", ""}) {
        EXPECT_EQ(kindOf(soundOf("<SegmentTemplate duration=\"4\" media=\"" + std::string(pattern) + "\"/>")),
                  Kind::not_media)
            << pattern;
    }
    EXPECT_EQ(uris(source("<SegmentTemplate duration=\"20\" media=\"$$$Number$$$\"/>")), "$1$");
}

TEST(DashList, takes_addresses_and_ranges) {
    auto found = source(
        "<SegmentList timescale=\"10\" duration=\"60\"><Initialization sourceURL=\"i.mp4\" range=\"0-99\"/>"
        "<SegmentURL media=\"0.m4s\"/><SegmentURL media=\"all.mp4\" mediaRange=\"100-199\"/>"
        "<SegmentURL mediaRange=\"200-299\"/></SegmentList>");
    EXPECT_EQ(found.init->uri, "i.mp4");
    EXPECT_EQ(found.init->range, (ByteRange{.offset = 0, .length = 100}));
    EXPECT_EQ(uris(found), "0.m4s all.mp4 ");
    EXPECT_EQ(found.segments[1].range, (ByteRange{.offset = 100, .length = 100}));
    EXPECT_EQ(found.segments[2].range, (ByteRange{.offset = 200, .length = 100}));
    EXPECT_EQ(found.segments[0].durationUs, 6'000'000u);
}

TEST(DashBase, leads_to_an_index_or_to_a_whole_file) {
    auto found = source("<BaseURL>a.mp4</BaseURL><SegmentBase indexRange=\"724-1023\"/>");
    EXPECT_EQ(found.index, (ByteRange{.offset = 724, .length = 300}));
    EXPECT_EQ(found.init->range, (ByteRange{.offset = 0, .length = 724}));
    found = source(
        "<BaseURL>a.mp4</BaseURL><SegmentBase indexRange=\"724-1023\"><Initialization "
        "range=\"0-99\"/></SegmentBase>");
    EXPECT_EQ(found.init->range, (ByteRange{.offset = 0, .length = 100}));
    EXPECT_FALSE(found.isWholeFile());
    EXPECT_TRUE(source("<BaseURL>a.mp4</BaseURL>").isWholeFile());
    EXPECT_TRUE(source("<BaseURL>a.mp4</BaseURL><SegmentBase/>").isWholeFile());
}

TEST(DashBase, goes_through_the_base_addresses_of_every_level) {
    auto text =
        mpd("<BaseURL> https://cdn.example/a/ </BaseURL><BaseURL>https://second.example/</BaseURL>"
            "<Period><BaseURL>b/</BaseURL><AdaptationSet mimeType=\"audio/mp4\"><BaseURL>../c/</BaseURL>"
            "<Representation id=\"a\" "
            "bandwidth=\"1\"><BaseURL>d.mp4</BaseURL></Representation></AdaptationSet></Period>"
            "<Period duration=\"PT1S\"><AdaptationSet mimeType=\"audio/mp4\"><Representation id=\"a\" "
            "bandwidth=\"1\">"
            "<BaseURL>e.mp4</BaseURL></Representation></AdaptationSet></Period>");
    const auto track = manifest(text).tracks.at(0);
    EXPECT_EQ(track.periods.at(0).base,
              (std::vector<std::string>{"https://cdn.example/a/", "b/", "../c/", "d.mp4"}));
    EXPECT_EQ(track.periods.at(1).base, (std::vector<std::string>{"https://cdn.example/a/", "e.mp4"}));
}

/// A set of sound with representations of these bandwidths.
std::string set(const std::string& attributes, const std::vector<int>& bandwidths,
                const std::string& inside = "") {
    std::string text = "<AdaptationSet " + attributes + ">" + inside;
    for (int bandwidth : bandwidths) {
        auto rate = std::to_string(bandwidth);
        text += "<Representation id=\"" + rate + "\" bandwidth=\"" + rate + "\"><BaseURL>" + rate +
                "</BaseURL></Representation>";
    }
    return text + "</AdaptationSet>";
}

std::string taken(const DashManifest& from) {
    std::string list;
    for (const auto& track : from.tracks) {
        for (const auto& period : track.periods) list += period.base.back() + " ";
    }
    return list;
}

TEST(DashChoice, takes_the_smallest_sound_and_offers_the_next) {
    auto text = mpd("<Period>" + set("mimeType=\"video/mp4\" codecs=\"avc1\"", {500'000, 2'000'000}) +
                    set("mimeType=\"audio/mp4\"", {128'000, 64'000, 96'000}) + "</Period>");
    auto found = manifest(text);
    EXPECT_EQ(taken(found), "64000 96000 128000 ");
    EXPECT_EQ(found.mostBandwidth, 2'128'000u);
    EXPECT_EQ(found.durationMs, 20'000u);
}

TEST(DashChoice, goes_by_language_and_role) {
    auto text =
        mpd("<Period>" + set("mimeType=\"audio/mp4\" lang=\"en\"", {10}, "<Role value=\"description\"/>") +
            set("mimeType=\"audio/mp4\" lang=\"en\"", {30}, "<Role value=\"main\"/>") +
            set("mimeType=\"audio/mp4\" lang=\"de\"", {20}, "<Role value=\"dub\"/>") +
            set("mimeType=\"audio/mp4\" lang=\"fr\"", {1}, "<EssentialProperty schemeIdUri=\"x\"/>") +
            "</Period>");
    EXPECT_EQ(taken(manifest(text)), "30 ");
    EXPECT_EQ(taken(manifest(text, "de-CH")), "20 ");
    EXPECT_EQ(taken(manifest(text, "it")), "30 ");
}

TEST(DashChoice, does_not_mix_languages_only_because_one_is_smaller) {
    auto text = mpd("<Period>" + set("mimeType=\"audio/mp4\" lang=\"en\"", {30}) +
                    set("mimeType=\"audio/mp4\" lang=\"de\"", {20}) + "</Period>");
    EXPECT_EQ(taken(manifest(text)), "30 ");
}

TEST(DashChoice, puts_webm_behind_and_takes_it_whole) {
    auto text = mpd("<Period>" + set("mimeType=\"audio/webm\" codecs=\"opus\"", {10}) +
                    set("mimeType=\"audio/mp4\" codecs=\"mp4a.40.2\"", {20}) + "</Period>");
    EXPECT_EQ(taken(manifest(text)), "20 10 ");
    auto alone =
        mpd("<Period><AdaptationSet mimeType=\"audio/webm\"><Representation><BaseURL>a</BaseURL>"
            "<SegmentBase indexRange=\"0-9\"/></Representation></AdaptationSet></Period>");
    EXPECT_TRUE(manifest(alone).tracks.at(0).periods.at(0).isWholeFile());
}

TEST(DashChoice, takes_pictures_along_only_where_the_sound_is_nowhere_else) {
    auto muxed = set("mimeType=\"video/mp4\" codecs=\"avc1.4d401f,mp4a.40.2\"", {900, 400});
    auto found = manifest(mpd("<Period>" + muxed + "</Period>"));
    EXPECT_EQ(taken(found), "400 900 ");
    EXPECT_TRUE(found.tracks.at(0).isMuxed);
    found = manifest(mpd("<Period>" + muxed + set("mimeType=\"audio/mp4\"", {1000}) + "</Period>"));
    EXPECT_EQ(taken(found), "1000 ");
    EXPECT_EQ(kindOf(mpd("<Period>" + set("mimeType=\"video/mp4\" codecs=\"avc1\"", {9}) + "</Period>")),
              Kind::not_media);
}

TEST(DashPeriods, follow_one_another_with_the_same_codec) {
    auto text = mpd("<Period id=\"1\">" + set("mimeType=\"audio/mp4\" codecs=\"mp4a.40.2\"", {64, 128}) +
                    "</Period><Period start=\"PT5S\">" + set("mimeType=\"audio/mp4\" codecs=\"ec-3\"", {10}) +
                    set("mimeType=\"audio/mp4\" codecs=\"mp4a.40.2\"", {70}) + "</Period>");
    EXPECT_EQ(taken(manifest(text)), "64 70 128 70 ");
}

TEST(DashPeriods, last_as_long_as_the_next_one_leaves_them) {
    auto one = set("mimeType=\"audio/mp4\"", {1}, "<SegmentTemplate duration=\"1\" media=\"$Number$\"/>");
    auto found =
        manifest(mpd("<Period start=\"PT0S\">" + one + "</Period><Period start=\"PT3S\" duration=\"PT2S\">" +
                     one + "</Period><Period duration=\"PT4S\">" + one + "</Period>"));
    auto counts = [&](std::size_t period) { return found.tracks.at(0).periods.at(period).segments.size(); };
    EXPECT_EQ(counts(0), 3u);
    EXPECT_EQ(counts(2), 4u);
}

TEST(DashDrm, is_recognised_wherever_it_stands) {
    const std::string marks[] = {
        "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cenc\" "
        "cenc:default_KID=\"9eb4050d-e44b-4802-932e-27d75083e266\"/>",
        "<ContentProtection schemeIdUri=\"urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED\"/>",
        "<ContentProtection schemeIdUri=\"urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95\"/>",
        "<ContentProtection schemeIdUri=\"urn:uuid:94ce86fb-07ff-4f43-adb8-93d2fa968ca2\"/>",
        "<mpd:ContentProtection xmlns:mpd=\"urn:mpeg:dash:schema:mpd:2011\"/>"};
    for (const auto& mark : marks) {
        auto sound = "<Representation bandwidth=\"1\"><BaseURL>a</BaseURL>";
        auto open = "<Period><AdaptationSet mimeType=\"audio/mp4\">";
        auto close = "</Representation></AdaptationSet></Period>";
        EXPECT_EQ(kindOf(mpd(open + mark + sound + close)), Kind::drm_protected) << mark;
        EXPECT_EQ(kindOf(mpd(std::string(open) + sound + mark + close)), Kind::drm_protected) << mark;
        EXPECT_EQ(kindOf(mpd(mark + open + sound + close)), Kind::drm_protected) << mark;
        auto video = "<AdaptationSet mimeType=\"video/mp4\">" + mark + "</AdaptationSet>";
        EXPECT_EQ(kindOf(mpd("<Period>" + video + set("mimeType=\"audio/mp4\"", {1}) + "</Period>")),
                  Kind::drm_protected)
            << mark;
    }
}

TEST(DashRefusal, is_typed) {
    EXPECT_EQ(kindOf(mpd("<Period>" + set("mimeType=\"audio/mp4\"", {1}) + "</Period>", "type2=\"x\"")),
              Kind::internal);
    EXPECT_EQ(kindOf("<MPD type=\"dynamic\"><Period/></MPD>"), Kind::not_ready_yet);
    for (const std::string& text :
         {std::string("<MPD/>"), std::string(""), std::string("<html/>"), std::string("<MPD><Period></MPD>"),
          mpd("<Period xlink:href=\"https://elsewhere.example/\"/>"), mpd("<Period/>"),
          soundOf("<SegmentTemplate media=\"$Number$\"/>"),
          soundOf("<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S "
                  "d=\"0\"/></SegmentTimeline></SegmentTemplate>"),
          soundOf("<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S d=\"1\" "
                  "r=\"x\"/></SegmentTimeline></SegmentTemplate>"),
          soundOf("<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S t=\"18446744073709551615\" "
                  "d=\"1\"/></SegmentTimeline></SegmentTemplate>"),
          soundOf("<SegmentList/>"), soundOf("<SegmentList><SegmentURL mediaRange=\"9-1\"/></SegmentList>"),
          soundOf("<SegmentBase indexRange=\"x\"/>")}) {
        EXPECT_EQ(kindOf(text), Kind::not_media) << text;
    }
}

TEST(DashRefusal, has_bounds) {
    for (const auto* inside :
         {"<SegmentTemplate timescale=\"1000000\" duration=\"1\" media=\"$Number$\"/>",
          "<SegmentTemplate duration=\"1\" endNumber=\"18446744073709551615\" media=\"$Number$\"/>",
          "<SegmentTemplate media=\"$Time$\"><SegmentTimeline><S t=\"0\" d=\"1\" r=\"18446744073709551615\"/>"
          "</SegmentTimeline></SegmentTemplate>",
          "<SegmentTemplate timescale=\"1000000\" media=\"$Time$\"><SegmentTimeline><S d=\"1\" r=\"-1\"/>"
          "</SegmentTimeline></SegmentTemplate>"}) {
        EXPECT_EQ(kindOf(soundOf(inside)), Kind::too_large) << inside;
    }
    EXPECT_EQ(kindOf(mpd(std::string(8u << 20, ' '))), Kind::too_large);
}

TEST(DashRefusal, expands_no_entities) {
    std::string bomb =
        "<!DOCTYPE MPD [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
        "<MPD><BaseURL>&b;</BaseURL><Period>" +
        set("mimeType=\"audio/mp4\"", {1}) + "</Period></MPD>";
    auto found = manifest(bomb);
    EXPECT_EQ(found.tracks.at(0).periods.at(0).base.at(0), "&b;");
    std::string deep = "<MPD>";
    for (int i = 0; i < 300'000; ++i) deep += "<a>";
    EXPECT_EQ(kindOf(deep), Kind::not_media);
    for (int i = 0; i < 300'000; ++i) deep += "</a>";
    EXPECT_EQ(kindOf(deep + "</MPD>"), Kind::not_media);
}

TEST(DashManifestText, is_known_by_its_root) {
    for (const auto* text : {"<MPD>", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"x\">",
                             "\xEF\xBB\xBF<!-- a --> <MPD ", "<?xml?><!-- <html> --><mpd:MPD>"})
        EXPECT_TRUE(media::looksLikeDash(text)) << text;
    for (const auto* text : {"", "<html><MPD>", "<!-- <MPD>", "MPD", "<MPDX>", "#EXTM3U", "<"})
        EXPECT_FALSE(media::looksLikeDash(text)) << text;
}

TEST(DashValues, are_read_strictly) {
    EXPECT_EQ(media::dashDuration("PT1H2M3.5S"), 3'723'500'000u);
    EXPECT_EQ(media::dashDuration("P0Y0M1DT0H0M10.000S"), 86'410'000'000u);
    EXPECT_EQ(media::dashDuration("PT0S"), 0u);
    for (const auto* wrong :
         {"", "P", "PT", "1S", "PT1", "PTS", "PT-1S", "PT1X", "P1S", "PT1TS", "PT1e9H", "PT99999999999999H"})
        EXPECT_FALSE(media::dashDuration(wrong)) << wrong;
    EXPECT_EQ(media::dashRange("5-9"), (ByteRange{.offset = 5, .length = 5}));
    for (const auto* wrong : {"", "5", "9-5", "-5", "5-", "0-18446744073709551615"})
        EXPECT_FALSE(media::dashRange(wrong)) << wrong;
}

}  // namespace
