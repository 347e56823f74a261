#include "vault/netscape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace auricle::vault {
namespace {

constexpr std::size_t maxCookies = 3000;  // as a put takes
constexpr std::string_view httpOnlyPrefix = "#HttpOnly_";

std::unexpected<Error> badLine(std::size_t number, std::string_view why) {
    return fail(Kind::bad_params, "Line " + std::to_string(number) + " of the cookie file " +
                                      std::string(why) +
                                      ". Export the cookies anew, in Netscape's format (cookies.txt).");
}

std::string_view takeLine(std::string_view& rest) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool isBlank(std::string_view line) {
    return line.find_first_not_of(" \t") == std::string_view::npos;
}

struct Fields {
    std::array<std::string_view, 7> at{};
    std::size_t count = 0;
};

std::optional<Fields> split(std::string_view line) {
    Fields fields;
    for (;;) {
        if (fields.count == fields.at.size()) return std::nullopt;
        auto end = line.find('\t');
        fields.at[fields.count++] = line.substr(0, end);
        if (end == std::string_view::npos) return fields;
        line.remove_prefix(end + 1);
    }
}

std::optional<bool> flag(std::string_view text) {
    if (text == "TRUE") return true;
    if (text == "FALSE") return false;
    return std::nullopt;
}

/// Seconds, a fraction cut off; exporters write both. Nothing for what is no number.
std::optional<std::int64_t> seconds(std::string_view text) {
    if (text.empty()) return 0;
    std::int64_t value = 0;
    auto whole = text.substr(0, text.find('.'));
    auto [end, fault] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (fault != std::errc{} || end != whole.data() + whole.size()) return std::nullopt;
    return value;
}

constexpr std::string_view firstLine = "# Netscape HTTP Cookie File\n";

/// A line that is to be written; its value stays where it is until then.
struct Line {
    std::string before;
    std::string_view value;
    std::size_t size() const { return before.size() + value.size() + 1; }
};

Line lineOf(const Cookie& cookie) {
    const auto flagOf = [](bool is) { return is ? "\tTRUE\t" : "\tFALSE\t"; };
    std::string before = cookie.isHttpOnly ? std::string(httpOnlyPrefix) : std::string();
    before += (cookie.isHostOnly ? "" : ".") + cookie.domain + flagOf(!cookie.isHostOnly) + cookie.path +
              flagOf(cookie.isSecure);
    before += std::to_string(cookie.expiresAtMs.value_or(0) / 1000) + '\t' + cookie.name + '\t';
    return {std::move(before), cookie.value.reveal()};
}

bool holdsTab(const Cookie& cookie) {
    const auto has = [](std::string_view text) { return text.find('\t') != text.npos; };
    return has(cookie.name) || has(cookie.path) || has(cookie.value.reveal());
}

std::byte* append(std::byte* out, std::string_view text) {
    return std::ranges::copy(std::as_bytes(std::span(text)), out).out;
}

}  // namespace

Result<std::vector<OfferedCookie>> readNetscape(const Secret& file) {
    std::vector<OfferedCookie> cookies;
    auto rest = file.reveal();
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto line = takeLine(rest);
        bool isHttpOnly = line.starts_with(httpOnlyPrefix);
        if (isHttpOnly) line.remove_prefix(httpOnlyPrefix.size());
        if (isBlank(line) || (!isHttpOnly && line.starts_with('#'))) continue;
        if (number == 1 && (line.starts_with('{') || line.starts_with('[')))
            return badLine(number, "is JSON");
        auto fields = split(line);
        if (!fields || fields->count < 6) return badLine(number, "has not seven fields between tabs");
        auto isBelow = flag(fields->at[1]), isSecure = flag(fields->at[3]);
        auto expiry = seconds(fields->at[4]);
        if (!isBelow || !isSecure) return badLine(number, "has something other than TRUE or FALSE");
        if (!expiry) return badLine(number, "has an expiry that is no number");
        if (cookies.size() == maxCookies) return badLine(number, "is one cookie too many");
        OfferedCookie offered;
        auto& cookie = offered.cookie;
        cookie.domain = fields->at[0];
        cookie.isHostOnly = !*isBelow;
        cookie.path = fields->at[2];
        cookie.isSecure = *isSecure;
        cookie.isHttpOnly = isHttpOnly;
        // Exporters write 0, and some -1, for a cookie that lives until the browser closes.
        if (*expiry > 0)
            cookie.expiresAtMs = *expiry > 8'640'000'000'000 ? 8'640'000'000'000'000 : *expiry * 1000;
        cookie.name = fields->at[5];
        cookie.value = Secret::copyOf(fields->at[6]);
        cookies.push_back(std::move(offered));
    }
    return cookies;
}

Secret writeNetscape(std::span<const Cookie* const> cookies) {
    std::vector<Line> lines;
    std::size_t bytes = firstLine.size();
    for (const Cookie* cookie : cookies) {
        if (holdsTab(*cookie)) continue;
        lines.push_back(lineOf(*cookie));
        bytes += lines.back().size();
    }
    if (lines.empty()) return {};
    Secret file(bytes);
    auto* out = append(file.bytes().data(), firstLine);
    for (const Line& line : lines) {
        out = append(out, line.before);
        out = append(out, line.value);
        out = append(out, "\n");
    }
    return file;
}

}  // namespace auricle::vault
