#include "media/m4a.h"

#include <gtest/gtest.h>

#include "media/movie.h"
#include "media/sample_table.h"
#include "tests/unit/media/boxes.h"

namespace auricle::media {
namespace {

using namespace test;

std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

AudioFormat plainFormat() {
    auto entry = box("mp4a", zeros(6) + u16(1) + zeros(20) + box("esds", zeros(4)));
    auto bytes = bytesOf(entry);
    return {.codec = fourCc("mp4a"), .sampleEntry = {bytes.begin(), bytes.end()}, .timescale = 48'000};
}

/// Three seconds of packets, each a byte longer than the one before.
SampleList packets(std::uint32_t firstBytes = 100) {
    SampleList samples;
    for (std::uint32_t i = 0; i < 141; ++i) samples.add(firstBytes + i, 1024);
    return samples;
}

std::string textOf(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(M4aHead, WithItsSamplesIsAWholeSoundFile) {
    auto samples = packets();
    auto head = textOf(m4aHead(plainFormat(), samples, {}));
    auto found = probeText(head + zeros(samples.bytes()));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->hasAudio);
    EXPECT_FALSE(found->hasVideo);
    EXPECT_EQ(found->durationMs, samples.ticks() * 1000 / 48'000);
    EXPECT_FALSE(probeText(head + zeros(samples.bytes() - 1))) << "a byte is missing";
}

TEST(M4aHead, NamesEachChunkOfAboutASecondWhereItIs) {
    auto samples = packets();
    auto head = m4aHead(plainFormat(), samples, {});
    auto file = textOf(head) + zeros(samples.bytes());
    MemorySource source(bytesOf(file));
    Window window(source);
    BoxWalk walk(window);
    std::optional<Box> moov;
    while (!moov || moov->type != fourCc("moov")) moov = *walk.next();
    auto movie = readMovie(window, *moov);
    ASSERT_TRUE(movie);
    ChunkWalk chunks(source, movie->tracks.at(0).samples);
    std::uint64_t next = head.size(), count = 0, all = 0;
    while (auto chunk = *chunks.next()) {
        EXPECT_EQ(chunk->offset, next);
        next += chunk->bytes;
        all += chunk->samples;
        ++count;
    }
    EXPECT_EQ(next, file.size());
    EXPECT_EQ(all, samples.count());
    EXPECT_EQ(count, 3u);
}

TEST(M4aHead, TakesLongFormsWhereFourGigabytesArePassed) {
    SampleList samples;
    samples.addSizes(4, 0x5000'0000);
    samples.addTimes(1, 0x5000'0000);
    auto head = textOf(m4aHead(plainFormat(), samples, {}));
    EXPECT_LT(head.size(), 300'000u) << "a size that all samples share is written once";
    EXPECT_NE(head.find("co64"), std::string::npos);
    EXPECT_TRUE(head.ends_with(u32(1) + "mdat" + u64(0x1'4000'0000 + 16)));
}

TEST(M4aHead, KeepsEditsAndClosesTheOneThatWasOpen) {
    auto format = plainFormat();
    format.movieTimescale = 48'000;
    format.edits = {{.duration = 480, .mediaTime = -1}, {.duration = 0, .mediaTime = 1024}};
    auto head = textOf(m4aHead(format, packets(), {}));
    auto elst = box("elst", u32(0) + u32(2) + u32(480) + u32(0xffffffff) + u32(0x10000) +
                                u32(141 * 1024 - 1024) + u32(1024) + u32(0x10000));
    EXPECT_NE(head.find(elst), std::string::npos);
}

TEST(M4aHead, CarriesTagsAndNoneThatAreEmpty) {
    auto head =
        textOf(m4aHead(plainFormat(), packets(),
                       {.title = "Wärme und Arbeit", .course = {}, .date = "2026-10-05", .source = {}}));
    EXPECT_NE(head.find("Wärme und Arbeit"), std::string::npos);
    EXPECT_NE(head.find(std::string("\xa9"
                                    "day")),
              std::string::npos);
    EXPECT_EQ(head.find(std::string("\xa9"
                                    "alb")),
              std::string::npos);
    EXPECT_EQ(textOf(m4aHead(plainFormat(), packets(), {})).find("ilst"), std::string::npos);
}

TEST(M4aHead, IsTheSameForTheSame) {
    EXPECT_EQ(m4aHead(plainFormat(), packets(), {}), m4aHead(plainFormat(), packets(), {}));
    EXPECT_NE(m4aHead(plainFormat(), packets(), {}), m4aHead(plainFormat(), packets(101), {}));
}

TEST(SampleListTest, GivesBackWhatWasAdded) {
    SampleList samples;
    samples.add(10, 1024, -5);
    samples.add(10, 1024);
    samples.add(300, 1000);
    samples.moveEnd(24);
    EXPECT_EQ(samples.count(), 3u);
    EXPECT_EQ(samples.bytes(), 320u);
    EXPECT_EQ(samples.ticks(), 3072u);
    EXPECT_TRUE(samples.isShifted());
    auto sizes = samples.sizes().read();
    EXPECT_EQ(sizes.next()->count, 2u);
    EXPECT_EQ(sizes.next()->value, 300);
    EXPECT_FALSE(sizes.next());
    auto shifts = samples.shifts().read();
    EXPECT_EQ(shifts.next()->value, -5);
    EXPECT_EQ(shifts.next()->count, 2u);
    samples.moveEnd(-5000);
    EXPECT_EQ(samples.ticks(), 2048u) << "no sample ends before it begins";
}

}  // namespace
}  // namespace auricle::media
