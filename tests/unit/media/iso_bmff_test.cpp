#include "media/iso_bmff.h"

#include <gtest/gtest.h>

#include <random>

#include "media/sample_table.h"
#include "tests/unit/media/boxes.h"

namespace auricle::media {
namespace {

using namespace test;

void expectRefused(const std::string& file, const std::string& what) {
    auto found = probeText(file);
    ASSERT_FALSE(found) << what;
    EXPECT_EQ(found.error().kind, Kind::not_media) << what;
    EXPECT_FALSE(found.error().message.empty());
}

TEST(IsoBmff, KnowsAFileWithSoundAlone) {
    auto found = probeText(soundFile());
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->name, "mp4");
    EXPECT_EQ(found->mime, "audio/mp4");
    EXPECT_EQ(found->extension, "m4a");
    EXPECT_TRUE(found->hasAudio);
    EXPECT_FALSE(found->hasVideo);
    EXPECT_FALSE(found->isEncrypted);
    EXPECT_EQ(found->durationMs, 2000u);
}

TEST(IsoBmff, ReadsTheIndexInFrontAndLongForms) {
    TrackRecipe recipe{.isLong = true, .isLastFirst = true, .sizes = {10, 10}};
    recipe.chunks = {0, 0};
    auto front = ftyp() + moov(trak(recipe));
    recipe.chunks = {front.size() + 16, front.size() + 26};
    auto found = probeText(ftyp() + moov(trak(recipe)) + largeBox("mdat", zeros(20)));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->durationMs, 2000u);
    recipe.chunks = {front.size() + 8, front.size() + 18};
    EXPECT_TRUE(probeText(ftyp() + moov(trak(recipe)) + openBox("mdat", zeros(20))));
    expectRefused(ftyp() + moov(trak(recipe)) + openBox("mdat", zeros(19)), "an open mdat that lacks a byte");
}

TEST(IsoBmff, KnowsEveryCommonSoundInAnMp4) {
    for (const auto* codec : {"mp4a", ".mp3", "Opus", "alac", "ac-3"}) {
        auto found = probeText(soundFile({.codec = codec}));
        ASSERT_TRUE(found) << codec;
        EXPECT_TRUE(found->hasAudio && !found->isEncrypted) << codec;
    }
}

TEST(IsoBmff, TellsEncryptedSound) {
    EXPECT_TRUE(probeText(soundFile({.codec = "enca"}))->isEncrypted);
    EXPECT_TRUE(probeText(soundFile({.handler = "vide", .codec = "encv"}))->isEncrypted);
    EXPECT_TRUE(probeText(soundFile({.inEntry = box("esds", zeros(4)) + box("sinf", box("frma", "mp4a"))}))
                    ->isEncrypted);
    EXPECT_TRUE(probeText(soundFile({}, box("pssh", zeros(24))))->isEncrypted);
    EXPECT_TRUE(probeText(soundFile() + box("pssh", zeros(24)))->isEncrypted);
    EXPECT_FALSE(probeText(soundFile() + box("free", "pssh enca sinf"))->isEncrypted);
}

TEST(IsoBmff, TellsAMovingPictureFromACoverAndFromText) {
    auto both = [](const TrackRecipe& second) {
        TrackRecipe sound{.chunks = {mdatAt}, .sizes = {10}};
        return ftyp() + box("mdat", zeros(20)) + moov(trak(sound) + trak(second));
    };
    TrackRecipe picture{.handler = "vide", .codec = "avc1", .id = 2, .chunks = {mdatAt + 10}, .sizes = {10}};
    EXPECT_TRUE(probeText(both(picture))->hasVideo);
    for (const auto* codec : {"jpeg", "png "}) {
        picture.codec = codec;
        EXPECT_FALSE(probeText(both(picture))->hasVideo) << codec;
    }
    picture.codec = "mp4v";
    EXPECT_TRUE(probeText(both(picture))->hasVideo);
    picture.inEntry = box("esds", zeros(4) + "\x03\x80\x80\x80\x20" + zeros(3) + "\x04\x11\x6c" + zeros(13));
    EXPECT_FALSE(probeText(both(picture))->hasVideo) << "JPEG in mp4v";
    TrackRecipe chapters{.handler = "text", .codec = "text", .id = 2, .chunks = {mdatAt + 10}, .sizes = {10}};
    EXPECT_FALSE(probeText(both(chapters))->hasVideo);
    chapters.handler = "tmcd";
    EXPECT_FALSE(probeText(both(chapters))->hasVideo);
}

TEST(IsoBmff, TakesManyPicturesASecondForMoving) {
    TrackRecipe frames{.handler = "vide", .codec = "jpeg", .sizes = {2, 2, 2, 2, 2}, .samplesInChunk = 5};
    frames.chunks = {mdatAt};
    EXPECT_TRUE(probeText(soundFile(frames))->hasVideo);
    frames.duration = 3600ull * frames.timescale;
    EXPECT_FALSE(probeText(soundFile(frames))->hasVideo) << "five slides in an hour";
}

TEST(IsoBmff, AFileWithoutSoundHasNone) {
    auto found = probeText(soundFile({.handler = "vide", .codec = "avc1"}));
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->hasAudio);
    EXPECT_TRUE(found->hasVideo);
    EXPECT_FALSE(probeText(ftyp() + box("mdat", zeros(20)) + moov(""))->hasAudio);
}

TEST(IsoBmff, RefusesAnIndexThatNamesBytesWhichAreNotThere) {
    expectRefused(soundFile({.chunks = {mdatAt, mdatAt + 11}}), "a chunk that ends beyond mdat");
    expectRefused(soundFile({.chunks = {0, mdatAt}}), "a chunk in ftyp");
    expectRefused(soundFile({.isLong = true, .chunks = {mdatAt, UINT64_MAX - 5}}),
                  "a chunk at the end of numbers");
    expectRefused(soundFile({.sizes = {10, 0xffffffff}}), "a sample of 4 GiB");
    expectRefused(soundFile({.sizes = {5, 5, 5}}), "a sample in no chunk");
}

TEST(IsoBmff, RefusesBoxesThatContradictThemselves) {
    auto file = soundFile();
    expectRefused(ftyp() + u32(7) + "mdat" + zeros(20), "a size under 8");
    expectRefused(ftyp() + u32(1) + "mdat" + u64(8) + zeros(20), "a large size under 16");
    expectRefused(ftyp() + u32(1) + "mdat" + u64(UINT64_MAX) + zeros(20), "a size at the end of numbers");
    expectRefused(ftyp() + u32(1) + "mdat" + u64(UINT64_MAX - 30) + zeros(20),
                  "a size that would wrap around");
    expectRefused(ftyp(), "no index");
    expectRefused(ftyp() + box("mdat", zeros(20)), "no index behind the samples");
    expectRefused(ftyp() + box("moov", box("trak", u32(99) + "mdia")), "a box beyond its parent");
    expectRefused(
        ftyp() +
            moov(box("trak", box("mdia", box("minf", box("stbl", box("stsz", zeros(8) + u32(0xffffffff))))))),
        "a table that says more than it has");
}

TEST(IsoBmff, PassesOverWhatItDoesNotKnow) {
    EXPECT_TRUE(probeText(soundFile({}, box("udta", zeros(4))) + box("uuid", zeros(16)) + box("free", "")));
    EXPECT_TRUE(probeText(soundFile({}, box("udta", box("meta", zeros(40))))));
    EXPECT_TRUE(probeText(soundFile({.inEntry = "12345"})));
}

TEST(IsoBmff, ATruncatedFileIsNeverCompleteAtAnyByte) {
    const auto back = soundFile();
    TrackRecipe recipe{.sizes = {10, 10}};
    recipe.chunks = {0, 0};
    auto at = (ftyp() + moov(trak(recipe))).size() + 8;
    recipe.chunks = {at, at + 10};
    const auto front = ftyp() + moov(trak(recipe)) + box("mdat", zeros(20));
    for (const auto& file : {back, front}) {
        ASSERT_TRUE(probeText(file));
        for (std::size_t size = 0; size < file.size(); ++size) {
            EXPECT_FALSE(probeText(std::string_view(file).substr(0, size))) << size << " of " << file.size();
        }
    }
}

std::string fragment(std::uint32_t duration, std::uint32_t samples, std::uint32_t sampleBytes) {
    auto trun = [&](std::uint32_t offset) { return box("trun", u32(0x000001) + u32(samples) + u32(offset)); };
    auto moofOf = [&](std::uint32_t offset) {
        return box("moof",
                   box("mfhd", zeros(8)) +
                       box("traf", box("tfhd", u32(0x020018) + u32(1) + u32(duration) + u32(sampleBytes)) +
                                       trun(offset)));
    };
    auto moof = moofOf(static_cast<std::uint32_t>(moofOf(0).size() + 8));
    return moof + box("mdat", zeros(std::size_t{samples} * sampleBytes));
}

std::string fragmented(const std::string& pieces, const std::string& mehd = "") {
    TrackRecipe recipe{.duration = 0};
    auto mvex = box("mvex", mehd + box("trex", zeros(4) + u32(1) + u32(1) + zeros(12)));
    return ftyp() + box("moov", header("mvhd", false, 1000, 0) + trak(recipe) + mvex) + pieces;
}

TEST(IsoBmff, AddsUpFragments) {
    auto file = fragmented(fragment(1024, 47, 8) + fragment(1024, 47, 8));
    auto found = probeText(file);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->hasAudio);
    EXPECT_EQ(found->durationMs, 94u * 1024 * 1000 / 48'000);
}

TEST(IsoBmff, TellsAFragmentedFileThatLacksItsEnd) {
    auto one = fragment(48'000, 10, 8);
    auto file = fragmented(one + one);
    ASSERT_TRUE(probeText(file));
    auto head = fragmented("").size();
    for (auto size = head + 1; size < file.size(); ++size) {
        if (size == head + one.size()) continue;  // a whole fragment less: only mehd or sidx tell
        EXPECT_FALSE(probeText(std::string_view(file).substr(0, size))) << size;
    }
    auto mehd = box("mehd", zeros(4) + u32(20'000));
    EXPECT_TRUE(probeText(fragmented(one + one, mehd)));
    expectRefused(fragmented(one, mehd), "half of the announced time");
    auto sidx = box("sidx", zeros(4) + u32(1) + u32(48'000) + u32(0) + u32(0) + u16(0) + u16(2) +
                                u32(one.size()) + zeros(8) + u32(one.size()) + zeros(8));
    EXPECT_TRUE(probeText(fragmented(sidx + one + one)));
    expectRefused(fragmented(sidx + one), "half of the announced segments");
}

TEST(IsoBmff, CountsSamplesWithoutFieldsWithoutReadingThem) {
    // Four thousand million samples in a box of 20 bytes: no loop may go through them.
    auto moof =
        box("moof", box("traf", box("tfhd", u32(0x020000) + u32(1)) + box("trun", u32(0) + u32(0xffffffff))));
    EXPECT_TRUE(probeText(fragmented(moof + box("mdat", ""))));
    auto stsz = box("stsz", zeros(4) + u32(1) + u32(0xffffffff));
    auto stco = box("stco", zeros(4) + u32(1) + u32(mdatAt));
    auto stsc = box("stsc", zeros(4) + u32(1) + u32(1) + u32(0xffffffff) + u32(1));
    auto track = box("trak", box("mdia", header("mdhd", false, 8000, 1) + box("hdlr", zeros(8) + "soun") +
                                             box("minf", box("stbl", stsz + stco + stsc))));
    expectRefused(ftyp() + box("mdat", zeros(20)) + moov(track), "4 GiB in 20 bytes");
}

TEST(ChunkWalk, GivesChunksByTheRunsOfTheIndex) {
    // Chunks 1 and 2 hold two samples each, from chunk 3 on one.
    auto runs = u32(1) + u32(2) + u32(1) + u32(3) + u32(1) + u32(1);
    auto text = u32(100) + u32(200) + u32(300) + u32(400) + runs + std::string("\x01\x02\x03\x04\x05\x06", 6);
    SampleTable table{.chunkOffsets = {.offset = 0, .count = 4, .entryBits = 32},
                      .runs = {.offset = 16, .count = 2, .entryBits = 96},
                      .sizes = {.offset = 40, .count = 6, .entryBits = 8},
                      .sampleCount = 6};
    MemorySource source(std::as_bytes(std::span(text.data(), text.size())));
    ChunkWalk walk(source, table);
    std::vector<std::array<std::uint64_t, 3>> chunks;
    for (auto chunk = walk.next(); chunk && *chunk; chunk = walk.next()) {
        chunks.push_back({(*chunk)->offset, (*chunk)->bytes, (*chunk)->samples});
    }
    EXPECT_EQ(chunks, (std::vector<std::array<std::uint64_t, 3>>{
                          {100, 3, 2}, {200, 7, 2}, {300, 5, 1}, {400, 6, 1}}));
}

TEST(ChunkWalk, ReadsSizesOfHalfAByte) {
    auto text = u32(100) + u32(1) + u32(3) + u32(1) + "\x12\x30";
    SampleTable table{.chunkOffsets = {.offset = 0, .count = 1, .entryBits = 32},
                      .runs = {.offset = 4, .count = 1, .entryBits = 96},
                      .sizes = {.offset = 16, .count = 3, .entryBits = 4},
                      .sampleCount = 3};
    MemorySource source(std::as_bytes(std::span(text.data(), text.size())));
    auto chunk = ChunkWalk(source, table).next();
    ASSERT_TRUE(chunk && *chunk);
    EXPECT_EQ((*chunk)->bytes, 6u);
}

}  // namespace
}  // namespace auricle::media
