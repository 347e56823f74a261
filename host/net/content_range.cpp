#include "net/content_range.h"

#include <charconv>

namespace auricle::net {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<ContentRange> parseContentRange(std::string_view text) {
    if (!text.starts_with("bytes ")) return std::nullopt;
    text.remove_prefix(6);
    auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    ContentRange range;
    auto total = text.substr(slash + 1);
    if (total != "*" && !(range.total = number(total))) return std::nullopt;
    auto span = text.substr(0, slash);
    if (span == "*") return range.total ? std::optional(range) : std::nullopt;
    auto dash = span.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    range.first = number(span.substr(0, dash));
    range.last = number(span.substr(dash + 1));
    if (!range.first || !range.last || *range.first > *range.last) return std::nullopt;
    if (range.total && *range.last >= *range.total) return std::nullopt;
    return range;
}

}  // namespace auricle::net
