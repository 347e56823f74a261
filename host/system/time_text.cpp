#include "system/time_text.h"

#include <algorithm>
#include <chrono>

namespace auricle {
namespace {

/// Writes `value` in decimal over the characters that end at `end`, as many as there are zeros in front of
/// it.
void writeDigits(std::string& text, std::size_t end, unsigned value) {
    for (std::size_t at = end; at > 0 && text[at - 1] == '0'; --at) {
        text[at - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

}  // namespace

std::string rfc3339(std::int64_t unixMs) {
    using namespace std::chrono;
    constexpr std::int64_t lastMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
    const sys_time<milliseconds> instant{milliseconds{std::clamp<std::int64_t>(unixMs, 0, lastMs)}};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{instant - day};
    std::string text = "0000-00-00T00:00:00.000Z";
    writeDigits(text, 4, static_cast<unsigned>(int{date.year()}));
    writeDigits(text, 7, unsigned{date.month()});
    writeDigits(text, 10, unsigned{date.day()});
    writeDigits(text, 13, static_cast<unsigned>(time.hours().count()));
    writeDigits(text, 16, static_cast<unsigned>(time.minutes().count()));
    writeDigits(text, 19, static_cast<unsigned>(time.seconds().count()));
    writeDigits(text, 23, static_cast<unsigned>(time.subseconds().count()));
    return text;
}

}  // namespace auricle
