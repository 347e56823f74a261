#include "media/dash_values.h"

#include <charconv>

namespace auricle::media {
namespace {

constexpr std::size_t mostUriBytes = 16 * 1024;
constexpr std::size_t widestNumber = 32;

std::string padded(std::uint64_t value, std::size_t width) {
    auto digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// The width of `%0Wd`, 1 for none.
std::optional<std::size_t> widthOf(std::string_view format) {
    if (format.empty()) return 1;
    if (!format.starts_with("%0") || !format.ends_with('d')) return std::nullopt;
    auto width = dashNumber(format.substr(2, format.size() - 3));
    if (!width || *width > widestNumber) return std::nullopt;
    return static_cast<std::size_t>(*width);
}

std::optional<std::string> valueOf(std::string_view identifier, const DashIdentifiers& known) {
    auto percent = std::min(identifier.find('%'), identifier.size());
    auto name = identifier.substr(0, percent);
    auto format = identifier.substr(percent);
    if (name == "RepresentationID" && format.empty()) return std::string(known.representation);
    auto width = widthOf(format);
    auto value = name == "Number"      ? known.number
                 : name == "Time"      ? known.time
                 : name == "Bandwidth" ? std::optional(known.bandwidth)
                                       : std::nullopt;
    if (!width || !value) return std::nullopt;
    return padded(*value, *width);
}

}  // namespace

std::optional<std::uint64_t> dashNumber(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> dashDuration(std::string_view text) {
    constexpr double day = 86'400, mostSeconds = 1e9;
    if (!text.starts_with('P')) return std::nullopt;
    text.remove_prefix(1);
    double seconds = 0;
    bool isTime = false, isAny = false;
    while (!text.empty()) {
        if (text.front() == 'T') {
            if (isTime) return std::nullopt;
            isTime = true;
            text.remove_prefix(1);
            continue;
        }
        double value = 0;
        auto [end, fault] =
            std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
        if (fault != std::errc{} || end == text.data() + text.size() || !(value >= 0)) return std::nullopt;
        double unit = 0;
        switch (*end) {
            case 'Y':
                unit = isTime ? 0 : 365 * day;
                break;
            case 'M':
                unit = isTime ? 60 : 30 * day;
                break;
            case 'D':
                unit = isTime ? 0 : day;
                break;
            case 'H':
                unit = isTime ? 3600 : 0;
                break;
            case 'S':
                unit = isTime ? 1 : 0;
                break;
            default:
                break;
        }
        if (unit == 0) return std::nullopt;
        seconds += value * unit;
        isAny = true;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    if (!isAny || !(seconds <= mostSeconds)) return std::nullopt;
    return static_cast<std::uint64_t>(seconds * 1e6 + 0.5);
}

std::optional<ByteRange> dashRange(std::string_view text) {
    auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    auto first = dashNumber(text.substr(0, dash)), last = dashNumber(text.substr(dash + 1));
    if (!first || !last || *last < *first || *last == UINT64_MAX) return std::nullopt;
    return ByteRange{.offset = *first, .length = *last - *first + 1};
}

std::optional<std::string> expandDashTemplate(std::string_view pattern, const DashIdentifiers& identifiers) {
    std::string uri;
    for (;;) {
        auto open = pattern.find('$');
        uri += pattern.substr(0, open);
        if (uri.size() > mostUriBytes) return std::nullopt;
        if (open == std::string_view::npos) return uri;
        auto close = pattern.find('$', open + 1);
        if (close == std::string_view::npos) return std::nullopt;
        auto identifier = pattern.substr(open + 1, close - open - 1);
        auto value = identifier.empty() ? std::optional<std::string>("$") : valueOf(identifier, identifiers);
        if (!value) return std::nullopt;
        uri += *value;
        pattern.remove_prefix(close + 1);
    }
}

}  // namespace auricle::media
