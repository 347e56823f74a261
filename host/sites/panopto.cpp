#include "sites/panopto.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>

#include "sites/panopto_captions.h"
#include "sites/panopto_listing.h"
#include "sites/panopto_page.h"
#include "sites/server_trouble.h"
#include "sites/stream_visit.h"
#include "sites/video_size.h"
#include "streams/file_way.h"
#include "streams/open.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr int statusOk = 200, statusPartial = 206, statusUnauthorized = 401, statusForbidden = 403,
              statusNotFound = 404, statusGone = 410, statusUnsatisfiable = 416;
constexpr int mostHops = 3;
constexpr std::uint64_t maxAnswerBytes = 8u << 20;
constexpr std::uint32_t loginAnswerWithinMs = 20'000;  // a person waits for it

std::unexpected<Error> signInAt(const std::string& host) {
    return fail(Kind::login_required,
                "There is no session at " + host +
                    ", or it is over. Sign in to Panopto in the browser and try again.");
}

std::unexpected<Error> noSuchRecording() {
    return fail(Kind::not_found,
                "Panopto knows no recording at this address. Check that its page opens in the browser.");
}

std::string questionAbout(const Page& page) {
    // Panopto's own client asks so for a topic id, the leading "&" included.
    if (page.idIsTid) {
        return "&tid=" + page.id +
               "&isLiveNotes=false&refreshAuthCookie=true&isActiveBroadcast=false&isEditing=false"
               "&isKollectiveAgentInstalled=false&isEmbed=false&responseType=json";
    }
    return "deliveryId=" + page.id + "&isEmbed=true&responseType=json";
}

net::Request requestAbout(const Page& page, const net::Url& url, const Visit& visit) {
    net::Request request;
    request.method = "POST";
    request.url = url;
    request.headers.push_back({"Accept", "application/json, text/javascript, */*; q=0.01"});
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"});
    request.body = questionAbout(page);
    request.credentials = &visit.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = maxAnswerBytes;
    request.stop = visit.stop;
    return request;
}

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Where DeliveryInfo sent us. Only the tenant itself can know anything of the recording: every other place,
/// also one that may not be asked at all, is a way to sign in.
Result<net::Url> redirected(const Page& page, const net::ResponseHead& head) {
    auto location = head.headers.find("location");
    if (!location) return fail(Kind::network, head.url.host() + " redirects without saying where to.");
    auto next = head.url.resolve(*location);
    if (!next || next->origin() != page.origin || isPanoptoSignIn(*next)) return signInAt(page.url.host());
    return next;
}

std::unexpected<Error> stillBeingRecorded() {
    return fail(Kind::not_ready_yet, "This lecture is still being recorded. Try again when it is over.",
                true);
}

std::unexpected<Error> stillBeingPrepared() {
    return fail(Kind::not_ready_yet,
                "Panopto is still preparing the sound of this recording. Try again in a while.", true);
}

/// Nothing where media of this recording may be had.
Result<void> judgeRecording(const DeliveryInfo& info) {
    if (info.isAudioEncoded || !info.isPurged) return {};
    if (info.canBeRestored) {
        return fail(Kind::not_ready_yet,
                    "Panopto has archived this recording. Open its page to have it restored, and try again "
                    "when it plays.",
                    true);
    }
    return fail(
        Kind::not_found,
        "Panopto has deleted the media of this recording. Ask the lecturer whether it can be restored.");
}

struct Candidate {
    net::Url url;
    bool isLastResort = false;
};

std::vector<Candidate> candidatesOf(const DeliveryInfo& info, const PageMedia* given) {
    std::vector<Candidate> candidates;
    for (const auto& stream : info.streams) {
        bool isSpoken = stream.isPodcast || stream.tag == "AUDIO" || stream.tag == "DV";
        candidates.push_back({stream.url, !isSpoken});
    }
    if (!given || !given->stream) return candidates;
    bool isKnown = std::ranges::any_of(
        candidates, [&](const auto& one) { return one.url.text() == given->stream->text(); });
    if (!isKnown) candidates.insert(candidates.begin(), {*given->stream, false});
    return candidates;
}

/// What the video would cost, of the stream that has all; 0: not known.
asio::awaitable<std::uint64_t> videoBytes(DeliveryInfo info, Visit visit) {
    for (const auto& stream : info.streams) {
        if (stream.tag == "AUDIO") continue;
        // No ternary: GCC 12 awaits both sides of one in a co_return.
        if (stream.isPlaylist) co_return co_await playlistBytes(stream.url, info.durationMs, visit);
        co_return co_await fileBytes(stream.url, visit);
    }
    co_return 0;
}

std::unexpected<Error> downloadsAreOff() {
    return fail(Kind::download_disabled,
                "The owner of this recording has switched downloads off. Ask the lecturer to allow them.");
}

/// The media type without its parameters, in lower case.
std::string mediaType(const net::ResponseHead& head) {
    auto value = head.headers.find("content-type").value_or("");
    std::string type(value.substr(0, value.find(';')));
    std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

/// Of a part that is to stand behind one which was judged by what it holds. A whole file is not judged here:
/// types are wrong too often (an audio podcast is declared video/mp4), and whoever takes the bytes looks at
/// them.
Result<void> judgePartType(const Page& page, const net::ResponseHead& head) {
    auto type = mediaType(head);
    if (type.starts_with("text/") || type == "application/xhtml+xml") return signInAt(page.url.host());
    if (type == "application/json" || type == "application/xml") {
        return fail(Kind::not_media,
                    head.url.host() + " sent a document (" + type + ") instead of the sound.");
    }
    return {};
}

/// A refusal by the tenant is about the recording or the account; by another host it is about a signed
/// address whose time is over, and the tenant gives a new one.
std::unexpected<Error> refusal(const Page& page, const net::ResponseHead& head) {
    auto status = " (status " + std::to_string(head.status) + ")";
    if (head.url.origin() != page.origin) {
        return fail(Kind::forbidden,
                    "The address of the sound at " + head.url.host() + " is not valid any more" + status +
                        ". Try again.",
                    true);
    }
    if (head.status == statusNotFound || head.status == statusGone) return noSuchRecording();
    return fail(Kind::forbidden, "Panopto refused to give the sound" + status + ".");
}

}  // namespace

std::optional<Page> Panopto::recognise(const net::Url& url) const {
    return panoptoPage(url, options_.vanityHosts);
}

Result<DeliveryInfo> Panopto::judgeAnswer(const net::Response& response) const {
    const auto& head = response.head;
    if (head.status == statusOk) return parseDeliveryInfo(response.body);
    if (head.status == statusUnauthorized || head.status == statusForbidden) return signInAt(head.url.host());
    if (head.status == statusNotFound || head.status == statusGone) return noSuchRecording();
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Result<DeliveryInfo>> Panopto::askOnce(const Page& page, const Visit& visit) const {
    auto url = page.url.resolve("/Panopto/Pages/Viewer/DeliveryInfo.aspx");
    for (int hop = 0; url && hop <= mostHops; ++hop) {
        auto request = requestAbout(page, *url, visit);
        auto response = co_await visit.http.send(std::move(request));
        if (!response) co_return std::unexpected(std::move(response.error()));
        if (!isRedirect(response->head.status)) co_return judgeAnswer(*response);
        url = redirected(page, response->head);
    }
    if (!url) co_return std::unexpected(std::move(url.error()));
    co_return fail(Kind::network, page.url.host() + " redirects in a circle.");
}

asio::awaitable<Result<DeliveryInfo>> Panopto::ask(const Page& page, const Visit& visit) const {
    std::function<asio::awaitable<Result<DeliveryInfo>>()> attempt = [this, &page, &visit] {
        return askOnce(page, visit);
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<DeliveryInfo>(policy, visit.timing, visit.stop, attempt);
}

asio::awaitable<Result<DeliveryInfo>> Panopto::inform(const Page& page, const Visit& visit) const {
    if (visit.given && !visit.given->delivery.empty() && !visit.hasFailed) {
        auto given = parseDeliveryInfo(visit.given->delivery);
        // A page that holds another recording's, or a refusal, is as good as one that gave nothing.
        if (given && (page.idIsTid || given->publicId == page.id)) co_return given;
    }
    co_return co_await ask(page, visit);
}

asio::awaitable<Result<Plan>> Panopto::resolve(const Page& page, Visit visit) {
    auto info = co_await inform(page, visit);
    if (!info) co_return std::unexpected(std::move(info.error()));
    if (auto judged = judgeRecording(*info); !judged) co_return std::unexpected(std::move(judged.error()));
    bool isOff = info->areDownloadsOff || visit.hasFailed == Kind::download_disabled;
    if (isOff && !options_.mayStreamWhenOff) co_return downloadsAreOff();
    if (info->publicId.empty() && !page.idIsTid) info->publicId = page.id;
    if (info->publicId.empty()) co_return noSuchRecording();
    Plan plan;
    plan.about = {.title = info->title,
                  .course = info->course,
                  .stableId = info->sessionId.empty() ? info->publicId : info->sessionId,
                  .durationMs = info->durationMs,
                  .date = info->date};
    std::ranges::transform(info->captionLanguages, std::back_inserter(plan.about.captionLanguages),
                           panoptoLanguage);
    bool isOffered = info->isAudioEncoded && !info->isLive && !isOff && !visit.hasFailed;
    if (isOffered) {
        auto sound = page.url.resolve("/Panopto/Podcast/Download/" + info->publicId +
                                      ".mp4?mediaTargetType=audioPodcast");
        if (!sound) co_return std::unexpected(std::move(sound.error()));
        std::uint64_t bytes = 0;
        if (visit.wantsEveryWay) bytes = co_await fileBytes(*sound, visit, &visit.credentials);
        plan.ways.push_back(std::make_shared<streams::FileWay>(std::move(*sound), bytes));
        if (!visit.wantsEveryWay) {
            plan.askWholeBytes = [info = std::move(*info)](Visit with) {
                return videoBytes(info, std::move(with));
            };
            co_return plan;
        }
    }
    // Where there is no podcast, nobody refuses it either: the owner's switch is looked for (DESIGN
    // "Manners").
    bool isUnsaid = !info->isAudioEncoded && !isOff && !options_.mayStreamWhenOff;
    if (isUnsaid && !info->streams.empty() && co_await isOffInItsFolder(page, *info, visit))
        co_return downloadsAreOff();
    auto others = co_await streamWays(page, *info, visit);
    if (!others && !isOffered) co_return std::unexpected(std::move(others.error()));
    if (others) {
        for (auto& way : *others) {
            plan.wholeBytes = std::max(plan.wholeBytes, way->wholeBytes());
            plan.ways.push_back(std::move(way));
        }
    }
    auto cost = [](const auto& way) { return way->bytes() ? way->bytes() : ~std::uint64_t{0}; };
    // What the site offers for the purpose comes first, whatever a stream would cost.
    std::stable_sort(plan.ways.begin() + (isOffered ? 1 : 0), plan.ways.end(),
                     [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
    co_return plan;
}

asio::awaitable<bool> Panopto::isOffInItsFolder(const Page& page, const DeliveryInfo& info,
                                                const Visit& visit) const {
    constexpr std::size_t most = 250, longestFolder = 2000;
    if (info.folderId.empty()) co_return false;
    auto address = page.url.resolve("/Panopto/Pages/Sessions/List.aspx");
    auto folder =
        address ? panoptoListPage(*address, "folderID=" + info.folderId, options_.vanityHosts) : std::nullopt;
    if (!folder) co_return false;
    auto shown = panoptoViewer(page.origin, info.publicId);
    PanoptoListing listing(*folder, visit, now_);
    for (Range range{.first = 0, .most = most}; range.first < longestFolder;) {
        auto part = co_await listing.items(range);
        if (!part) co_return false;
        auto found = std::ranges::find(part->items, shown, &Item::page);
        if (found != part->items.end()) co_return !found->isDownloadable;
        if (!part->next) co_return false;
        range.first = *part->next;
    }
    co_return false;
}

asio::awaitable<Result<streams::Ways>> Panopto::streamWays(const Page& page, const DeliveryInfo& info,
                                                           const Visit& visit) const {
    auto with = streamVisit(*this, page, visit);
    streams::Wishes wishes{
        .language = visit.language,
        .tags = {.title = info.title, .course = info.course, .date = info.date, .source = page.url.text()}};
    std::optional<Error> fault;
    streams::Ways ways;
    for (const auto& candidate : candidatesOf(info, visit.given)) {
        // What was shown on the screen may hold a silent track: only where nobody was recorded.
        if (candidate.isLastResort && !ways.empty()) break;
        auto opened = co_await streams::open(candidate.url, wishes, with);
        if (opened)
            std::ranges::move(*opened, std::back_inserter(ways));
        else if (!fault || opened.error().kind == Kind::drm_protected)
            fault = std::move(opened.error());
    }
    if (!ways.empty()) co_return ways;
    if (fault) co_return std::unexpected(std::move(*fault));
    co_return info.isLive ? stillBeingRecorded() : stillBeingPrepared();
}

bool Panopto::mayHaveOtherWays(Kind failed) const {
    if (failed == Kind::download_disabled) return options_.mayStreamWhenOff;
    return failed == Kind::not_media || failed == Kind::not_found;
}

Result<void> Panopto::judgeHop(const Page& page, const net::Url&, const net::Url& to) const {
    if (isPanoptoSignIn(to)) return signInAt(page.url.host());
    if (to.isHttps()) return {};
    return fail(Kind::forbidden,
                "Panopto redirects to " + to.host() + " without https, which is not followed.");
}

Result<void> Panopto::judgeMedia(const Page& page, const net::ResponseHead& head) const {
    if (head.status == statusUnsatisfiable || head.status == statusOk) return {};
    if (head.status == statusPartial) return judgePartType(page, head);
    if (head.status == statusUnauthorized) return signInAt(page.url.host());
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    if (head.status >= 400) return refusal(page, head);
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Error> Panopto::explain(const Page& page, Error refused, Visit visit) {
    auto info = co_await ask(page, visit);
    if (!info) co_return std::move(info.error());
    if (auto judged = judgeRecording(*info); !judged) co_return std::move(judged.error());
    if (info->isLive) co_return stillBeingRecorded().error();
    if (!info->isAudioEncoded) co_return stillBeingPrepared().error();
    bool isByTheTenant = refused.kind == Kind::forbidden && !refused.retryable;
    if (isByTheTenant) co_return downloadsAreOff().error();
    co_return refused;
}

std::optional<ListPage> Panopto::recogniseList(const net::Url& url, std::string_view fragment) const {
    return panoptoListPage(url, fragment, options_.vanityHosts);
}

asio::awaitable<Result<Items>> Panopto::list(ListPage page, Range range, Visit visit) {
    PanoptoListing listing(std::move(page), visit, now_);
    auto found = co_await listing.items(range);
    if (found && options_.mayStreamWhenOff) {
        for (auto& item : found->items) item.isDownloadable = true;
    }
    co_return found;
}

asio::awaitable<Result<Login>> Panopto::checkLogin(std::string origin, Visit visit) {
    auto url = net::Url::parse(origin + "/Panopto/Pages/Sessions/List.aspx");
    if (!url || !isPanoptoHost(*url, options_.vanityHosts))
        co_return fail(Kind::unsupported_site, "Auricle knows no Panopto at this address.");
    net::Request request;
    request.url = *url;
    request.headers.push_back({"Accept", "text/html"});
    request.credentials = &visit.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = maxAnswerBytes;
    request.totalTimeoutMs = loginAnswerWithinMs;
    request.stop = visit.stop;
    auto response = co_await visit.http.send(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    const auto& head = response->head;
    if (head.status == statusOk) co_return Login{};
    if (isRedirect(head.status) || head.status == statusUnauthorized || head.status == statusForbidden)
        co_return signInAt(url->host());
    if (auto trouble = serverTrouble(head, now_())) co_return std::unexpected(std::move(*trouble));
    co_return fail(Kind::network, url->host() + " answered in a way that is not known (status " +
                                      std::to_string(head.status) + ").");
}

asio::awaitable<Result<Captions>> Panopto::captions(Page page, std::string language, Visit visit) {
    return panoptoCaptions(std::move(page), std::move(language), visit);
}

}  // namespace auricle::sites
