#include "sites/mubi_page.h"

#include <algorithm>
#include <vector>

namespace auricle::sites {

namespace {

constexpr std::size_t longestFilm = 200;
constexpr std::string_view trailer = "trailer", player = "player";

std::string lowered(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
}

std::string raised(std::string_view text) {
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return upper;
}

/// Without the empty ones: a slash at the end says nothing.
std::vector<std::string> partsOf(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        auto part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        if (!part.empty()) parts.push_back(lowered(part));
    }
    return parts;
}

bool isTwoLetters(const std::string& part) {
    return part.size() == 2 && std::ranges::all_of(part, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// "en", "de-at"
bool isLanguage(const std::string& part) {
    return isTwoLetters(part.substr(0, part.find('-'))) && part.size() <= 5;
}

bool isFilm(const std::string& part) {
    return part.size() <= longestFilm && std::ranges::all_of(part, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

}  // namespace

std::optional<Page> mubiPage(const net::Url& url) {
    bool isHost = url.host() == "mubi.com" || url.host() == "www.mubi.com";
    if (!isHost || !url.isHttps() || url.port() != 443) return std::nullopt;
    auto parts = partsOf(url.path());
    auto films = static_cast<std::size_t>(std::ranges::find(parts, "films") - parts.begin());
    if (films > 2 || films + 1 >= parts.size()) return std::nullopt;
    // One part alone may be the language or, as the site had it first, the country.
    if (films > 0 && !isLanguage(parts[0])) return std::nullopt;
    if (films == 2 && !isTwoLetters(parts[1])) return std::nullopt;
    auto rest = parts.size() - films - 2;
    bool isKnown = rest == 0 || (rest == 1 && (parts.back() == trailer || parts.back() == player));
    if (!isKnown || !isFilm(parts[films + 1])) return std::nullopt;
    if (parts.back() == player) parts.pop_back();
    std::string text(mubiOrigin);
    for (const auto& part : parts) text += "/" + part;
    auto reduced = net::Url::parse(text);
    if (!reduced) return std::nullopt;
    return Page{.site = "mubi",
                .origin = std::string(mubiOrigin),
                .id = parts[films + 1],
                .url = std::move(*reduced)};
}

bool isMubiTrailer(const Page& page) {
    auto parts = partsOf(page.url.path());
    auto films = std::ranges::find(parts, "films");
    return parts.end() - films == 3 && parts.back() == trailer;
}

MubiLocale mubiLocale(const Page& page) {
    auto parts = partsOf(page.url.path());
    auto films = std::ranges::find(parts, "films") - parts.begin();
    if (films == 2) return {.language = parts[0], .country = raised(parts[1])};
    return {};
}

}  // namespace auricle::sites
