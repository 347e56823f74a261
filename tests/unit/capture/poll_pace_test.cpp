#include "capture/poll_pace.h"

#include <gtest/gtest.h>

namespace auricle::capture {
namespace {

using std::chrono::milliseconds;

TEST(PollPace, waits_twice_as_long_each_time_and_five_minutes_at_most) {
    PollPace pace;
    for (int seconds : {1, 2, 4, 8, 16, 32, 64, 128, 150, 150})
        EXPECT_EQ(pace.inVain(0), milliseconds(seconds * 1000));
    EXPECT_EQ(pace.inVain(0.5), milliseconds(225'000));
}

TEST(PollPace, begins_anew_after_something_useful) {
    PollPace pace;
    pace.inVain(0);
    pace.inVain(0);
    pace.useful();
    EXPECT_EQ(pace.inVain(0), milliseconds(1000));
}

TEST(PollPace, does_as_the_backend_says) {
    PollPace pace;
    EXPECT_EQ(pace.inVain(0, 70'000), milliseconds(70'000));
    EXPECT_EQ(pace.inVain(0), milliseconds(2000));
}

}  // namespace
}  // namespace auricle::capture
