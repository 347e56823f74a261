#include "system/rfc3339.h"

#include <algorithm>
#include <chrono>

namespace auricle {
namespace {

using namespace std::chrono;

// Takes pieces of known width off the front of a text; after the first that is missing everything fails.
class Pieces {
  public:
    explicit Pieces(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    char oneOf(std::string_view allowed) {
        if (rest_.empty() || !allowed.contains(rest_.front())) return static_cast<char>(fail());
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    // The digits after a decimal point as ms.
    int fraction() {
        if (!rest_.starts_with('.')) return 0;
        rest_.remove_prefix(1);
        int value = digits(1) * 100;
        for (int unit = 10; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; unit /= 10)
            value += digits(1) * unit;
        return value;
    }

    bool isWhole() const { return isGood_ && rest_.empty(); }

  private:
    int fail() {
        isGood_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool isGood_ = true;
};

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

std::optional<std::int64_t> msOfRfc3339(std::string_view text) {
    Pieces pieces(text);
    const int y = pieces.digits(4);
    pieces.oneOf("-");
    const int m = pieces.digits(2);
    pieces.oneOf("-");
    const int d = pieces.digits(2);
    pieces.oneOf("Tt");
    const int h = pieces.digits(2);
    pieces.oneOf(":");
    const int min = pieces.digits(2);
    pieces.oneOf(":");
    const int s = pieces.digits(2);
    const int ms = pieces.fraction();
    minutes offset{0};
    if (const char sign = pieces.oneOf("Zz+-"); sign == '+' || sign == '-') {
        const int hours = pieces.digits(2);
        pieces.oneOf(":");
        const int rest = pieces.digits(2);
        if (hours > 23 || rest > 59) return std::nullopt;
        offset = minutes(hours * 60 + rest) * (sign == '-' ? -1 : 1);
    }
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    // 60 is a leap second.
    if (!pieces.isWhole() || !date.ok() || h > 23 || min > 59 || s > 60) return std::nullopt;
    const auto time = sys_days(date) + hours(h) + minutes(min) + seconds(s) + milliseconds(ms) - offset;
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace auricle
