#include "media/hls_attributes.h"

#include <algorithm>
#include <charconv>

namespace auricle::media {
namespace {

constexpr std::size_t mostLineBytes = 64 * 1024;

bool isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool isHexadecimal(std::string_view text) {
    return text.starts_with("0x") || text.starts_with("0X");
}

}  // namespace

std::optional<std::string> substituteHls(std::string_view text, const HlsDefinitions& definitions) {
    std::string filled;
    for (;;) {
        auto open = text.find("{$");
        filled += text.substr(0, open);
        if (filled.size() > mostLineBytes) return std::nullopt;
        if (open == std::string_view::npos) return filled;
        text.remove_prefix(open + 2);
        auto close = text.find('}');
        if (close == std::string_view::npos) return std::nullopt;
        auto found = definitions.find(text.substr(0, close));
        if (found == definitions.end()) return std::nullopt;
        filled += found->second;
        text.remove_prefix(close + 1);
    }
}

std::optional<HlsAttributes> HlsAttributes::read(std::string_view list, const HlsDefinitions& definitions) {
    HlsAttributes attributes;
    list = trimmed(list);
    while (!list.empty()) {
        auto equals = list.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto name = trimmed(list.substr(0, equals));
        if (name.empty() || !std::ranges::all_of(name, isNameCharacter)) return std::nullopt;
        list = trimmed(list.substr(equals + 1));
        bool isQuoted = list.starts_with('"');
        auto end = isQuoted ? list.find('"', 1) : std::min(list.find(','), list.size());
        if (end == std::string_view::npos) return std::nullopt;
        auto value = isQuoted ? list.substr(1, end - 1) : trimmed(list.substr(0, end));
        list = trimmed(list.substr(end + isQuoted));
        if (!list.empty() && list.front() != ',') return std::nullopt;
        if (!list.empty()) list = trimmed(list.substr(1));
        auto filled = isQuoted || isHexadecimal(value) || value.starts_with("{$")
                          ? substituteHls(value, definitions)
                          : std::string(value);
        if (!filled) return std::nullopt;
        attributes.list_.emplace_back(name, std::move(*filled));
    }
    return attributes;
}

std::optional<std::string_view> HlsAttributes::find(std::string_view name) const {
    auto found =
        std::ranges::find(list_, name, [](const auto& one) -> const std::string& { return one.first; });
    if (found == list_.end()) return std::nullopt;
    return found->second;
}

std::uint64_t HlsAttributes::number(std::string_view name) const {
    auto text = find(name);
    return text ? hlsNumber(*text).value_or(0) : 0;
}

std::optional<std::uint64_t> hlsNumber(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> hlsSeconds(std::string_view text) {
    constexpr double mostSeconds = 1e9, microseconds = 1e6;
    double value = 0;
    auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (!(value >= 0 && value <= mostSeconds)) return std::nullopt;
    return static_cast<std::uint64_t>(value * microseconds + 0.5);
}

}  // namespace auricle::media
