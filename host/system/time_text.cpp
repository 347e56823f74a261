#include "system/time_text.h"

#include <charconv>
#include <cstdio>

namespace auricle {
namespace {

using namespace std::chrono;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int value = 0;
    if (at + count > text.size()) return std::nullopt;
    auto [end, fault] = std::from_chars(text.data() + at, text.data() + at + count, value);
    if (fault != std::errc{} || end != text.data() + at + count || text[at] == '-') return std::nullopt;
    return value;
}

/// The offset that ends the text, in minutes: `Z` or `+hh:mm`.
std::optional<int> offsetMinutes(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    auto hours = digits(text, 1, 2), mins = digits(text, 4, 2);
    if (!hours || !mins || *hours > 23 || *mins > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *mins);
}

}  // namespace

std::string timeText(std::int64_t unixMs) {
    sys_time<milliseconds> instant{milliseconds(unixMs)};
    auto day = floor<days>(instant);
    year_month_day date(day);
    hh_mm_ss time(instant - day);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(time.hours().count()), int(time.minutes().count()), int(time.seconds().count()),
                  int(time.subseconds().count()));
    return text;
}

std::optional<std::int64_t> timeOf(std::string_view text) {
    auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
    auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
    if (!y || !mo || !d || !h || !mi || !s || text.size() < 20) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') return std::nullopt;
    year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    text.remove_prefix(19);
    std::int64_t ms = 0;
    if (text.front() == '.') {
        std::size_t end = 1;
        for (int scale = 100; end < text.size() && text[end] >= '0' && text[end] <= '9'; ++end, scale /= 10) ms += (text[end] - '0') * scale;
        if (end == 1) return std::nullopt;
        text.remove_prefix(end);
    }
    auto offset = offsetMinutes(text);
    if (!offset) return std::nullopt;
    auto instant = sys_days(date) + hours(*h) + minutes(*mi - *offset) + seconds(*s);
    return duration_cast<milliseconds>(instant.time_since_epoch()).count() + ms;
}

std::int64_t unixMsOf(system_clock::time_point instant) { return duration_cast<milliseconds>(instant.time_since_epoch()).count(); }

}  // namespace auricle
