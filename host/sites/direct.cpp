#include "sites/direct.h"

#include <algorithm>
#include <array>

#include "sites/plain_text.h"
#include "sites/server_trouble.h"
#include "sites/stream_visit.h"
#include "streams/open.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr std::size_t maxTitleBytes = 200;

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
}

int digitOf(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// RFC 3986 section 2.1; what is no escape stays as it is.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool isEscape =
            text[i] == '%' && i + 2 < text.size() && digitOf(text[i + 1]) >= 0 && digitOf(text[i + 2]) >= 0;
        plain += isEscape ? static_cast<char>(digitOf(text[i + 1]) * 16 + digitOf(text[i + 2])) : text[i];
        if (isEscape) i += 2;
    }
    return plain;
}

/// The name of the file without its ending; of the host where there is none.
std::string titleOf(const net::Url& url) {
    const auto& path = url.path();
    auto name = std::string_view(path).substr(path.find_last_of('/') + 1);
    name = name.substr(0, name.find_last_of('.'));
    auto title = plainText(unescaped(name), maxTitleBytes);
    return title.empty() ? url.host() : title;
}

}  // namespace

bool mayBeMedia(const net::Url& url) {
    static constexpr std::array<std::string_view, 16> endings{
        ".m3u8", ".mpd", ".mp4",  ".m4a", ".m4v", ".mov",  ".mp3",     ".aac",
        ".webm", ".mkv", ".opus", ".ogg", ".oga", ".flac", ".panobf1", ".panobf2"};
    auto path = lowerCase(url.path());
    return std::ranges::any_of(endings, [&](auto ending) { return path.ends_with(ending); });
}

std::optional<Page> Direct::recognise(const net::Url& url) const {
    if (!url.isHttps()) return std::nullopt;
    return Page{.site = "direct", .origin = url.origin(), .id = url.path(), .url = url};
}

asio::awaitable<Result<Plan>> Direct::resolve(const Page& page, Visit visit) {
    auto with = streamVisit(*this, page, visit);
    with.credentials = nullptr;
    Plan plan;
    plan.about = {.title = titleOf(page.url), .course = {}, .stableId = page.url.safeText()};
    streams::Wishes wishes{
        .language = visit.language,
        .tags = {.title = plan.about.title, .course = {}, .date = {}, .source = page.url.safeText()}};
    auto ways = co_await streams::open(page.url, wishes, with);
    if (!ways) co_return std::unexpected(std::move(ways.error()));
    plan.ways = std::move(*ways);
    for (const auto& way : plan.ways) plan.wholeBytes = std::max(plan.wholeBytes, way->wholeBytes());
    co_return plan;
}

Result<void> Direct::judgeHop(const Page&, const net::Url& from, const net::Url& to) const {
    if (to.isHttps()) return {};
    return fail(Kind::forbidden,
                from.host() + " redirects to " + to.host() + " without https, which is not followed.");
}

Result<void> Direct::judgeMedia(const Page&, const net::ResponseHead& head) const {
    constexpr int ok = 200, partial = 206, unauthorized = 401, forbidden = 403, notFound = 404, gone = 410,
                  unsatisfiable = 416;
    if (head.status == ok || head.status == partial || head.status == unsatisfiable) return {};
    if (head.status == unauthorized || head.status == forbidden) {
        return fail(Kind::forbidden,
                    head.url.host() + " does not give this to everybody (status " +
                        std::to_string(head.status) +
                        "). Capture it from the page of a site that Auricle knows, where you are signed in.");
    }
    if (head.status == notFound || head.status == gone) {
        return fail(Kind::not_found, "There is nothing at this address of " + head.url.host() +
                                         " (any more). Check that it opens in the browser.");
    }
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Error> Direct::explain(const Page&, Error refused, Visit) {
    co_return refused;
}

}  // namespace auricle::sites
