#include "vault/set_cookie.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "vault/cookie_match.h"
#include "vault/origin.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kMaxAttributeBytes = 1024;
constexpr std::int64_t kMaxAgeSeconds = 400 * 86'400;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equalsWithoutCase(std::string_view text, std::string_view lowerText) {
    return std::ranges::equal(text, lowerText, {}, lower);
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Takes what stands before the next `separator` off the front.
std::string_view takeUntil(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view piece = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return piece;
}

struct Pair {
    std::string_view name, value;
};

Pair splitPair(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return {{}, trim(text)};
    return {trim(text.substr(0, equals)), trim(text.substr(equals + 1))};
}

bool hasForbiddenControl(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

std::optional<std::int64_t> maxAgeSeconds(std::string_view text) {
    if (text.empty() || (!isDigit(text.front()) && text.front() != '-')) return std::nullopt;
    if (!std::ranges::all_of(text.substr(1), isDigit)) return std::nullopt;
    if (text.front() == '-') return 0;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return error == std::errc::result_out_of_range ? kMaxAgeSeconds : std::min(seconds, kMaxAgeSeconds);
}

struct Attributes {
    std::string_view domain, path;
    std::optional<std::int64_t> expires, maxAge;  ///< ms Unix time; seconds
    bool isSecure = false, isHttpOnly = false;
};

void takeAttribute(std::string_view text, Attributes& into) {
    auto [name, value] = splitPair(text);
    if (text.find('=') == std::string_view::npos) std::swap(name, value);
    if (value.size() > kMaxAttributeBytes) return;
    if (equalsWithoutCase(name, "expires")) {
        if (const auto ms = msOfCookieDate(value)) into.expires = ms;
    } else if (equalsWithoutCase(name, "max-age")) {
        if (const auto seconds = maxAgeSeconds(value)) into.maxAge = seconds;
    } else if (equalsWithoutCase(name, "domain")) {
        into.domain = value;
    } else if (equalsWithoutCase(name, "path")) {
        into.path = value;
    } else if (equalsWithoutCase(name, "secure")) {
        into.isSecure = true;
    } else if (equalsWithoutCase(name, "httponly")) {
        into.isHttpOnly = true;
    }
}

std::optional<std::int64_t> expiryOf(const Attributes& attributes, std::int64_t nowMs) {
    if (attributes.maxAge) return *attributes.maxAge <= 0 ? 0 : nowMs + *attributes.maxAge * 1000;
    if (!attributes.expires) return std::nullopt;
    return std::min(*attributes.expires, nowMs + kMaxAgeSeconds * 1000);
}

// --- cookie-date ---

bool isDateDelimiter(char c) {
    const auto u = static_cast<unsigned char>(c);
    return u == 0x09 || (u >= 0x20 && u <= 0x2F) || (u >= 0x3B && u <= 0x40) || (u >= 0x5B && u <= 0x60) ||
           (u >= 0x7B && u <= 0x7E);
}

struct CookieDate {
    std::optional<int> hour, minute, second, day, month, year;
};

// `least` to `most` digits at the front that no further digit follows; they are taken off.
std::optional<int> takeNumber(std::string_view& text, std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    for (; count < text.size() && isDigit(text[count]); ++count) {
        if (count == most) return std::nullopt;
        value = value * 10 + (text[count] - '0');
    }
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool takeTime(std::string_view token, CookieDate& date) {
    const auto hour = takeNumber(token, 1, 2);
    if (!hour || !token.starts_with(':')) return false;
    token.remove_prefix(1);
    const auto minute = takeNumber(token, 1, 2);
    if (!minute || !token.starts_with(':')) return false;
    token.remove_prefix(1);
    const auto second = takeNumber(token, 1, 2);
    if (!second) return false;
    date.hour = hour, date.minute = minute, date.second = second;
    return true;
}

std::optional<int> monthOf(std::string_view token) {
    static constexpr std::array<std::string_view, 12> names{"jan", "feb", "mar", "apr", "may", "jun",
                                                            "jul", "aug", "sep", "oct", "nov", "dec"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (equalsWithoutCase(token.substr(0, 3), names[i])) return static_cast<int>(i + 1);
    }
    return std::nullopt;
}

// Each token is the first of time, day of month, month, year that is still missing and that it fits.
void takeDateToken(std::string_view token, CookieDate& date) {
    if (!date.hour && takeTime(token, date)) return;
    std::string_view digits = token;
    if (!date.day) {
        if ((date.day = takeNumber(digits, 1, 2))) return;
    }
    if (!date.month) {
        if ((date.month = monthOf(token))) return;
    }
    digits = token;
    if (!date.year) date.year = takeNumber(digits, 2, 4);
}

}  // namespace

std::optional<std::int64_t> msOfCookieDate(std::string_view text) {
    CookieDate date;
    while (!text.empty()) {
        const auto end = std::ranges::find_if(text, isDateDelimiter);
        const auto length = static_cast<std::size_t>(end - text.begin());
        if (length) takeDateToken(text.substr(0, length), date);
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    if (!date.hour || !date.day || !date.month || !date.year) return std::nullopt;
    int year = *date.year;
    if (year >= 70 && year <= 99) year += 1900;
    if (year <= 69) year += 2000;
    using namespace std::chrono;
    const year_month_day day{std::chrono::year(year), month(static_cast<unsigned>(*date.month)),
                             std::chrono::day(static_cast<unsigned>(*date.day))};
    if (year < 1601 || !day.ok() || *date.hour > 23 || *date.minute > 59 || *date.second > 59)
        return std::nullopt;
    const auto time = sys_days(day) + hours(*date.hour) + minutes(*date.minute) + seconds(*date.second);
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::string_view nameOfSetCookie(std::string_view header) {
    return splitPair(takeUntil(header, ';')).name;
}

std::optional<Cookie> parseSetCookie(std::string_view header, const Place& place, std::int64_t nowMs) {
    if (hasForbiddenControl(header)) return std::nullopt;
    const auto [name, value] = splitPair(takeUntil(header, ';'));
    Attributes attributes;
    while (!header.empty()) takeAttribute(trim(takeUntil(header, ';')), attributes);
    if (attributes.isSecure && !place.isSecure) return std::nullopt;
    const bool hasDomain = !attributes.domain.empty();
    if (hasDomain && !domainMatches(place.host, canonicalHost(attributes.domain))) return std::nullopt;
    return Cookie{
        .name = std::string(name),
        .value = Secret::copyOf(value),
        .domain = std::string(hasDomain ? attributes.domain : place.host),
        .isHostOnly = !hasDomain,
        .path = std::string(attributes.path.starts_with('/') ? attributes.path : defaultPath(place.path)),
        .isSecure = attributes.isSecure,
        .isHttpOnly = attributes.isHttpOnly,
        .expiresAtMs = expiryOf(attributes, nowMs)};
}

}  // namespace auricle::vault
