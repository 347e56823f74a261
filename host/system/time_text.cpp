#include "system/time_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace auricle {

std::string rfc3339(std::int64_t unixMs) {
    using namespace std::chrono;
    constexpr std::int64_t lastMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
    const sys_time<milliseconds> instant{milliseconds{std::clamp<std::int64_t>(unixMs, 0, lastMs)}};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{instant - day};
    std::array<char, 64> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                      static_cast<int>(time.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace auricle
