#include "media/sidx.h"

#include <gtest/gtest.h>

#include "boxes.h"

namespace {

using namespace auricle;

struct Entry {
    std::uint32_t size, ticks;
};

std::string sidx(const std::vector<Entry>& entries, bool isLong = false, std::uint64_t first = 0,
                 std::uint32_t timescale = 1000) {
    auto width = isLong ? 8 : 4;
    auto payload = test::big(isLong, 1) + test::zeros(3) + test::u32(1) + test::u32(timescale) +
                   test::big(0, width) + test::big(first, width) + test::u16(0) + test::u16(entries.size());
    for (const auto& entry : entries)
        payload += test::u32(entry.size) + test::u32(entry.ticks) + test::u32(0);
    return test::box("sidx", payload);
}

Result<std::vector<media::IndexedPart>> read(const std::string& text, std::uint64_t offset) {
    return media::readSidx(std::as_bytes(std::span(text)), offset);
}

TEST(Sidx, puts_its_parts_behind_itself) {
    for (bool isLong : {false, true}) {
        auto box = sidx({{.size = 100, .ticks = 2000}, {.size = 50, .ticks = 500}}, isLong, 7);
        auto parts = read(box, 1000);
        ASSERT_TRUE(parts);
        ASSERT_EQ(parts->size(), 2u);
        EXPECT_EQ((*parts)[0].range, (media::ByteRange{.offset = 1000 + box.size() + 7, .length = 100}));
        EXPECT_EQ((*parts)[1].range.offset, 1000 + box.size() + 107);
        EXPECT_EQ((*parts)[0].durationUs, 2'000'000u);
        EXPECT_EQ((*parts)[1].durationUs, 500'000u);
    }
}

TEST(Sidx, is_found_behind_other_boxes) {
    auto before = test::box("free", test::zeros(12));
    auto box = sidx({{.size = 100, .ticks = 1}});
    auto parts = read(before + box, 0);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->at(0).range.offset, before.size() + box.size());
}

TEST(Sidx, is_refused_where_it_is_none) {
    auto whole = sidx({{.size = 100, .ticks = 1}});
    for (const auto& text :
         {std::string(), whole.substr(0, 20), test::box("moof", ""), sidx({}),
          sidx({{.size = 0, .ticks = 1}}), sidx({{.size = 0x8000'0001, .ticks = 1}}),
          sidx({{.size = 1, .ticks = 1}}, true, UINT64_MAX), sidx({{.size = 1, .ticks = 1}}, false, 0, 0),
          test::box("sidx", whole.substr(8, 30))}) {
        auto parts = read(text, 0);
        ASSERT_FALSE(parts);
        EXPECT_EQ(parts.error().kind, Kind::not_media);
    }
}

}  // namespace
