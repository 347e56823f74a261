#include "sites/srt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "sites/plain_text.h"

namespace auricle::sites {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t maxLineBytes = 1000, maxCues = 100'000;
constexpr std::uint64_t usualMs = 4000;  // of a last cue that does not say how long it lasts

void appendUtf8(std::string& out, std::uint32_t c) {
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return;
    auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += {static_cast<char>(0xc0 | (c >> 6)), tail(0)};
    } else if (c < 0x10000) {
        out += {static_cast<char>(0xe0 | (c >> 12)), tail(6), tail(0)};
    } else {
        out += {static_cast<char>(0xf0 | (c >> 18)), tail(12), tail(6), tail(0)};
    }
}

/// What stands between '&' and ';'. False where it is no entity that captions use.
bool appendEntity(std::string& out, std::string_view name) {
    constexpr std::array named{std::pair{"amp"sv, "&"sv},  std::pair{"lt"sv, "<"sv},
                               std::pair{"gt"sv, ">"sv},   std::pair{"quot"sv, "\""sv},
                               std::pair{"apos"sv, "'"sv}, std::pair{"nbsp"sv, " "sv}};
    if (name.starts_with('#')) {
        bool isHex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
        auto digits = name.substr(isHex ? 2 : 1);
        std::uint32_t value = 0;
        auto [end, fault] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, isHex ? 16 : 10);
        if (fault != std::errc{} || end != digits.data() + digits.size()) return false;
        appendUtf8(out, value);
        return true;
    }
    const auto* found = std::ranges::find(named, name, &std::pair<std::string_view, std::string_view>::first);
    if (found == named.end()) return false;
    out += found->second;
    return true;
}

/// Without tags; `<br>` and the ends of paragraphs are line breaks. A '<' that begins no tag stays.
std::string withoutTags(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto open = std::min(text.find('<'), text.size());
        out += text.substr(0, open);
        text.remove_prefix(open);
        if (text.empty()) break;
        auto close = text.find('>');
        bool isTag =
            close != std::string_view::npos && text.size() > 1 &&
            (text[1] == '/' || (text[1] >= 'a' && text[1] <= 'z') || (text[1] >= 'A' && text[1] <= 'Z'));
        if (!isTag) {
            out += '<';
            text.remove_prefix(1);
            continue;
        }
        auto name = text.substr(1, close - 1);
        bool isBreak = name.starts_with("br") || name.starts_with("BR") || name == "/p" || name == "/P" ||
                       name == "/div";
        out += isBreak ? "\n" : "";
        text.remove_prefix(close + 1);
    }
    return out;
}

std::string withoutEntities(std::string_view text) {
    constexpr std::size_t longestEntity = 10;
    std::string out;
    while (!text.empty()) {
        auto mark = std::min(text.find('&'), text.size());
        out += text.substr(0, mark);
        text.remove_prefix(mark);
        if (text.empty()) break;
        auto end = text.substr(0, longestEntity).find(';');
        bool isEntity = end != std::string_view::npos && appendEntity(out, text.substr(1, end - 1));
        if (!isEntity) out += '&';
        text.remove_prefix(isEntity ? end + 1 : 1);
    }
    return out;
}

/// Each line by itself, without empty ones, which would end the cue, and without what a reader would take for
/// the next cue's times.
std::string wordsOf(std::string_view given) {
    auto text = withoutEntities(withoutTags(given));
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        auto line = plainText(rest.substr(0, rest.find_first_of("\r\n")), maxLineBytes);
        rest.remove_prefix(std::min(rest.find_first_of("\r\n"), rest.size() - 1) + 1);
        for (auto arrow = line.find("-->"); arrow != std::string::npos; arrow = line.find("-->"))
            line.replace(arrow, 3, "->");
        if (line.empty()) continue;
        if (!out.empty()) out += '\n';
        out += line;
    }
    return out;
}

std::string timeText(std::uint64_t ms) {
    char text[40];
    std::snprintf(
        text, sizeof text, "%02llu:%02llu:%02llu,%03llu", static_cast<unsigned long long>(ms / 3'600'000),
        static_cast<unsigned long long>(ms / 60'000 % 60), static_cast<unsigned long long>(ms / 1000 % 60),
        static_cast<unsigned long long>(ms % 1000));
    return text;
}

std::uint64_t endOf(const Cue& cue, const Cue* next) {
    auto end = cue.startMs + (cue.durationMs ? cue.durationMs : usualMs);
    if (!next || next->startMs <= cue.startMs) return end;
    return cue.durationMs ? std::min(end, next->startMs) : next->startMs;
}

/// `00:01:02,345` or, as some write it, `1:02.345`; nothing where it is no time.
std::optional<std::uint64_t> timeOf(std::string_view text) {
    std::uint64_t whole = 0, ms = 0;
    unsigned parts = 0;
    for (;;) {
        std::uint64_t value = 0;
        auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (fault != std::errc{} || value > 1'000'000 || ++parts > 3) return std::nullopt;
        whole = whole * 60 + value;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty() || text.front() != ':') break;
        text.remove_prefix(1);
    }
    if (!text.empty() && (text.front() == ',' || text.front() == '.')) {
        text.remove_prefix(1);
        auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), ms);
        if (fault != std::errc{} || end != text.data() + text.size() || ms > 999) return std::nullopt;
    } else if (!text.empty()) {
        return std::nullopt;
    }
    return parts >= 2 ? std::optional(whole * 1000 + ms) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    constexpr auto blank = " \t\r"sv;
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    return text.substr(0, text.find_last_not_of(blank) + 1);
}

/// A line of times, as a cue without words yet.
std::optional<Cue> timesOf(std::string_view line) {
    auto arrow = line.find("-->");
    if (arrow == std::string_view::npos) return std::nullopt;
    auto behind = trimmed(line.substr(arrow + 3));
    auto start = timeOf(trimmed(line.substr(0, arrow)));
    auto end = timeOf(behind.substr(0, behind.find(' ')));
    if (!start || !end) return std::nullopt;
    return Cue{.startMs = *start, .durationMs = *end > *start ? *end - *start : 0, .text = {}};
}

}  // namespace

std::string srtOf(std::vector<Cue> cues) {
    for (auto& cue : cues) cue.text = wordsOf(cue.text);
    std::erase_if(cues, [](const Cue& cue) { return cue.text.empty(); });
    std::ranges::stable_sort(cues, {}, &Cue::startMs);
    std::string out;
    for (std::size_t n = 0; n < cues.size(); ++n) {
        const auto& cue = cues[n];
        auto end = endOf(cue, n + 1 < cues.size() ? &cues[n + 1] : nullptr);
        out += std::to_string(n + 1) + "\n" + timeText(cue.startMs) + " --> " + timeText(end) + "\n" +
               cue.text + "\n\n";
    }
    return out;
}

std::optional<std::vector<Cue>> readSrt(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::vector<Cue> cues;
    bool isInside = false;
    while (!text.empty()) {
        auto end = std::min(text.find('\n'), text.size());
        auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (auto times = timesOf(line)) {
            if (cues.size() == maxCues) return std::nullopt;
            cues.push_back(std::move(*times));
            isInside = true;
        } else if (line.empty()) {
            isInside = false;
        } else if (isInside) {
            cues.back().text.append(line).append("\n");
        }
    }
    return cues.empty() ? std::nullopt : std::optional(std::move(cues));
}

}  // namespace auricle::sites
