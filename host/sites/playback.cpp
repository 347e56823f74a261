#include "sites/playback.h"

#include <algorithm>

#include "sites/sealed_way.h"
#include "sites/server_trouble.h"
#include "streams/document.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr std::string_view pagePath = "/watch/", manifestsPath = "/api/v1/videos/";
constexpr std::size_t maxIdBytes = 64;

bool isIdCharacter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/// The id of the video that this path shows, or empty.
std::string_view idIn(std::string_view path) {
    if (!path.starts_with(pagePath)) return {};
    auto id = path.substr(pagePath.size());
    return id.size() <= maxIdBytes && std::ranges::all_of(id, isIdCharacter) ? id : std::string_view();
}

/// Who asks what a video is and is sent elsewhere is to sign in there.
Result<void> judgeSignIn(const net::Url& from, const net::Url& to) {
    if (to.origin() == from.origin()) return {};
    return fail(Kind::login_required, from.host() + " wants you to sign in (at " + to.host() +
                                          "). Sign in there in the browser, then try again.");
}

/// What went wrong with the description of a video, in the words of its page.
Error aboutTheVideo(Error error, const Page& page) {
    if (error.kind == Kind::not_found)
        error.message =
            page.url.host() + " does not have this video (any more). Check that its page still plays it.";
    return error;
}

}  // namespace

std::optional<Page> Playback::recognise(const net::Url& url) const {
    auto origin = url.origin();
    auto id = idIn(url.path());
    if (id.empty() || !std::ranges::count(options_.origins, origin)) return std::nullopt;
    // A query says nothing of which video it is, and may say something of the person.
    auto reduced = url.resolve(url.path());
    if (!reduced) return std::nullopt;
    return Page{.site = "playback", .origin = std::move(origin), .id = std::string(id), .url = *reduced};
}

std::vector<std::string> Playback::sessionCookies() const {
    return {std::string(playbackSessionCookie)};
}

asio::awaitable<Result<Plan>> Playback::resolve(const Page& page, Visit visit) {
    streams::Visit with{
        .http = visit.http,
        .credentials = &visit.credentials,
        .timing = visit.timing,
        .judgeHop = [this, &page](const net::Url& from,
                                  const net::Url& to) { return judgeHop(page, from, to); },
        .judgeHead = [this, &page](const net::ResponseHead& head) { return judgeMedia(page, head); },
        .worker = visit.worker,
        .stop = visit.stop};
    auto address = page.url.resolve(std::string(manifestsPath) + page.id + "/manifest");
    if (!address) co_return std::unexpected(std::move(address.error()));
    auto asking = with;
    asking.judgeHop = judgeSignIn;
    auto document = co_await streams::documentOf(*address, asking);
    if (!document) co_return std::unexpected(aboutTheVideo(std::move(document.error()), page));
    auto manifest = readPlaybackManifest(document->text);
    if (!manifest) co_return std::unexpected(std::move(manifest.error()));
    Plan plan;
    plan.about = {
        .title = manifest->title, .course = {}, .stableId = page.id, .durationMs = manifest->durationMs};
    for (const auto& one : manifest->renditions) plan.wholeBytes = std::max(plan.wholeBytes, one.bytes);
    auto ways = waysOf(page, document->url, std::move(*manifest), visit.language, with);
    if (!ways) co_return std::unexpected(std::move(ways.error()));
    plan.ways = std::move(*ways);
    co_return plan;
}

Result<streams::Ways> Playback::waysOf(const Page& page, const net::Url& manifestUrl,
                                       PlaybackManifest manifest, const std::string& language,
                                       const streams::Visit& visit) const {
    std::uint64_t wholeBytes = 0;
    for (const auto& one : manifest.renditions) wholeBytes = std::max(wholeBytes, one.bytes);
    streams::Ways ways;
    for (auto& one : manifest.renditions) {
        if (!one.hasAudio) continue;
        auto source = streams::SegmentSource::of(manifestUrl, std::move(one.list), visit);
        if (!source) return std::unexpected(std::move(source.error()));
        SealedOffer offer{.video = {.page = page.url, .id = page.id},
                          .rendition = std::move(one.name),
                          .language = language,
                          .bytes = one.bytes,
                          .wholeBytes = wholeBytes,
                          .bitsPerSecond = one.bitsPerSecond};
        ways.push_back(std::make_shared<SealedWay>(std::move(offer), std::move(*source), random_));
    }
    if (ways.empty()) return fail(Kind::not_media, "This video has no sound.");
    return ways;
}

Result<void> Playback::judgeHop(const Page& page, const net::Url& from, const net::Url& to) const {
    // Segments may lie anywhere.
    if (to.isHttps() || to.origin() == page.origin) return {};
    return fail(Kind::forbidden,
                from.host() + " redirects to " + to.host() + " without https, which is not followed.");
}

Result<void> Playback::judgeMedia(const Page& page, const net::ResponseHead& head) const {
    constexpr int ok = 200, partial = 206, unauthorized = 401, forbidden = 403, unsatisfiable = 416;
    if (head.status == ok || head.status == partial || head.status == unsatisfiable) return {};
    bool isOwn = head.url.origin() == page.origin;
    if (head.status == unauthorized && isOwn)
        return fail(Kind::login_required,
                    head.url.host() + " wants you to sign in. Sign in there in the browser, then try again.");
    if (head.status == unauthorized || head.status == forbidden) {
        return fail(Kind::forbidden,
                    head.url.host() + " does not give out this video's segments (status " +
                        std::to_string(head.status) + "). Check that it plays in the browser.",
                    !isOwn);
    }
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Error> Playback::explain(const Page&, Error refused, Visit) {
    co_return refused;
}

}  // namespace auricle::sites
