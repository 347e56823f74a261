#include "sites/youtube_page.h"

#include <algorithm>
#include <array>

namespace auricle::sites {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view origin = "https://www.youtube.com";

bool isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What stands behind a path such as "/shorts/", up to the next '/'.
std::optional<std::string_view> behind(std::string_view path, std::string_view folder) {
    if (!path.starts_with(folder)) return std::nullopt;
    path.remove_prefix(folder.size());
    return path.substr(0, path.find('/'));
}

std::optional<std::string> idIn(const net::Url& url) {
    constexpr std::array ownHosts{"www.youtube.com"sv, "youtube.com"sv, "m.youtube.com"sv,
                                  "music.youtube.com"sv};
    constexpr std::array embedHosts{"www.youtube-nocookie.com"sv, "youtube-nocookie.com"sv};
    constexpr std::array folders{"/embed/"sv, "/shorts/"sv, "/live/"sv, "/v/"sv};
    const auto is = [&](std::string_view host) { return url.host() == host; };
    if (is("youtu.be")) return youtubeId(behind(url.path(), "/").value_or(""));
    const bool isOwn = std::ranges::any_of(ownHosts, is);
    if (!isOwn && std::ranges::none_of(embedHosts, is)) return std::nullopt;
    if (isOwn && (url.path() == "/watch" || url.path() == "/watch/"))
        return youtubeId(url.parameter("v").value_or(""));
    for (auto folder : isOwn ? std::span(folders) : std::span(folders).first(1)) {
        if (auto id = behind(url.path(), folder)) return youtubeId(*id);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> youtubeId(std::string_view text) {
    constexpr std::size_t idBytes = 11;
    const bool isMade = text.size() == idBytes && std::ranges::all_of(text, [](char c) {
                            return isLetterOrDigit(c) || c == '-' || c == '_';
                        });
    if (!isMade || text == "videoseries" || text == "live_stream") return std::nullopt;
    return std::string(text);
}

std::optional<Page> youtubePage(const net::Url& url) {
    constexpr std::uint16_t httpsPort = 443;
    if (!url.isHttps() || url.port() != httpsPort) return std::nullopt;
    auto id = idIn(url);
    if (!id) return std::nullopt;
    auto watch = net::Url::parse(std::string(origin) + "/watch?v=" + *id);
    if (!watch) return std::nullopt;
    return Page{
        .site = "youtube", .origin = std::string(origin), .id = std::move(*id), .url = std::move(*watch)};
}

}  // namespace auricle::sites
