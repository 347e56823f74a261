#include "sites/panopto_page.h"

#include <algorithm>
#include <array>

namespace auricle::sites {
namespace {

using namespace std::string_view_literals;

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// A name with at least one label before the given end, none of them empty.
bool isBelow(std::string_view host, std::string_view parent) {
    return host.size() > parent.size() && host.ends_with(parent) && host.front() != '.' &&
           host.find("..") == std::string_view::npos;
}

/// The id of `…/Podcast/Download/<GUID>.mp4` and its like.
std::optional<std::string> podcastId(std::string_view path) {
    constexpr std::array folders{"/panopto/podcast/download/"sv, "/panopto/podcast/syndication/"sv,
                                 "/panopto/podcast/stream/"sv};
    for (auto folder : folders) {
        if (path.starts_with(folder) && path.ends_with(".mp4")) {
            return guid(path.substr(folder.size(), path.size() - folder.size() - 4));
        }
    }
    return std::nullopt;
}

std::optional<Page> pageNamed(const net::Url& url, std::optional<std::string> id, bool isTid) {
    if (!id) return std::nullopt;
    auto reduced =
        net::Url::parse(url.origin() + "/Panopto/Pages/Viewer.aspx?" + (isTid ? "tid=" : "id=") + *id);
    if (!reduced) return std::nullopt;
    return Page{.site = "panopto",
                .origin = url.origin(),
                .id = std::move(*id),
                .idIsTid = isTid,
                .url = std::move(*reduced)};
}

}  // namespace

bool isPanoptoHost(const net::Url& url, std::span<const std::string> vanityHosts) {
    constexpr std::uint16_t httpsPort = 443;
    auto name = url.port() == httpsPort ? url.host() : url.host() + ":" + std::to_string(url.port());
    if (std::ranges::any_of(vanityHosts, [&](const std::string& host) { return lowered(host) == name; }))
        return true;
    return isBelow(name, ".panopto.com") || isBelow(name, ".panopto.eu");
}

std::string panoptoViewer(std::string_view origin, std::string_view id) {
    return std::string(origin) + "/Panopto/Pages/Viewer.aspx?id=" + std::string(id);
}

std::optional<std::string> guid(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    auto id = lowered(text);
    bool fits = std::ranges::equal(id, form, [](char c, char wanted) {
        return wanted == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    return fits ? std::optional(std::move(id)) : std::nullopt;
}

std::optional<Page> panoptoPage(const net::Url& url, std::span<const std::string> vanityHosts) {
    if (!url.isHttps() || !isPanoptoHost(url, vanityHosts)) return std::nullopt;
    auto path = lowered(url.path());  // IIS compares paths without case
    if (auto id = podcastId(path)) return pageNamed(url, std::move(id), false);
    if (path != "/panopto/pages/viewer.aspx" && path != "/panopto/pages/embed.aspx") return std::nullopt;
    if (auto id = url.parameter("id"); id && !id->empty()) return pageNamed(url, guid(*id), false);
    if (auto tid = url.parameter("tid"); tid) return pageNamed(url, guid(*tid), true);
    return std::nullopt;
}

bool isPanoptoSignIn(const net::Url& url) {
    auto path = lowered(url.path());
    return path.ends_with("/panopto/pages/auth/login.aspx") || path.ends_with("/panopto/lti/lti.aspx");
}

}  // namespace auricle::sites
