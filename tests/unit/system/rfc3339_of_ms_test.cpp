#include <gtest/gtest.h>

#include "system/rfc3339.h"

namespace auricle {
namespace {

TEST(TimeText, writes_rfc_3339_in_utc_with_milliseconds) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(1'795'271'018'007), "2026-11-21T14:23:38.007Z");
    EXPECT_EQ(rfc3339(951'782'400'999), "2000-02-29T00:00:00.999Z");
}

TEST(TimeText, keeps_to_years_that_have_four_digits) {
    EXPECT_EQ(rfc3339(INT64_MAX), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(rfc3339(INT64_MIN), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace auricle
