#include "system/rfc3339.h"

#include <gtest/gtest.h>

namespace auricle {
namespace {

TEST(Rfc3339, reads_times_in_any_offset_and_precision) {
    EXPECT_EQ(msOfRfc3339("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(msOfRfc3339("2026-11-21T14:22:57Z"), 1795270977000);
    EXPECT_EQ(msOfRfc3339("2026-11-21t14:22:57.5z"), 1795270977500);
    EXPECT_EQ(msOfRfc3339("2026-11-21T14:22:57.123456789Z"), 1795270977123);
    EXPECT_EQ(msOfRfc3339("2026-11-21T15:22:57.1+01:00"), 1795270977100);
    EXPECT_EQ(msOfRfc3339("2026-11-21T08:52:57-05:30"), 1795270977000);
    EXPECT_EQ(msOfRfc3339("2024-02-29T00:00:00Z"), 1709164800000);
    EXPECT_EQ(msOfRfc3339("1969-12-31T23:59:59.999Z"), -1);
}

TEST(Rfc3339, refuses_what_is_no_such_time) {
    for (const char* text :
         {"", "2026", "2026-11-21", "2026-11-21T14:22Z", "2026-11-21T14:22:57", "2026-13-01T00:00:00Z",
          "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T14:60:00Z", "2026-11-21T14:22:61Z",
          "2026-11-21T14:22:57.Z", "2026-11-21T14:22:57Z ", "2026-11-21T14:22:57+24:00",
          "2026-11-21T14:22:57+01", "26-11-21T14:22:57Z", "2026-11-21 14:22:57Z", "+026-11-21T14:22:57Z"}) {
        EXPECT_FALSE(msOfRfc3339(text)) << text;
    }
}

}  // namespace
}  // namespace auricle
