#include "sites/panopto_listing.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "media/container.h"
#include "sites/panopto_page.h"
#include "sites/plain_text.h"
#include "sites/server_trouble.h"

namespace auricle::sites {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::string_view folder = "folder", shared = "shared", subscriptions = "subscriptions",
                           everything = "everything", playlistKind = "playlist";
constexpr std::size_t mostRows = 250;  // what Panopto's own pages ask for
constexpr std::uint64_t maxAnswerBytes = 4u << 20;
constexpr std::size_t maxTitleBytes = 500, maxSearchBytes = 500;
constexpr std::uint32_t answerWithinMs = 20'000;

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// A value of the fragment as it is meant: JSON where it is some, else the bare text.
std::string plainValue(const std::string& given) {
    auto value = json::parse(given, nullptr, false);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "true" : "";
    return value.is_null() ? "" : given;
}

/// The fragment is written as a query is, with JSON for values.
class Fragment {
  public:
    explicit Fragment(std::string_view text) {
        std::string query;
        for (char c : text) query += c == '"' ? std::string("%22") : c == ' ' ? "%20" : std::string(1, c);
        if (auto url = net::Url::parse("https://fragment.invalid/?" + query)) url_ = std::move(*url);
    }
    std::string value(std::string_view name) const {
        return plainValue(url_ ? url_->parameter(name).value_or("") : "");
    }

  private:
    std::optional<net::Url> url_;
};

std::optional<ListPage> sessionsPage(const net::Url& url, const Fragment& fragment) {
    ListPage page{.site = "panopto", .origin = url.origin(), .kind = {}, .id = {}, .search = {}};
    page.search = plainText(fragment.value("query"), maxSearchBytes);
    if (auto id = fragment.value("folderID"); !id.empty()) {
        auto known = guid(id);
        if (!known) return std::nullopt;
        page.kind = folder;
        page.id = std::move(*known);
    } else if (fragment.value("isSharedWithMe") == "true") {
        page.kind = shared;
    } else if (fragment.value("isSubscriptionsPage") == "true") {
        page.kind = subscriptions;
    } else {
        page.kind = everything;
    }
    return page;
}

json queryFor(const ListPage& page, std::uint64_t pageNumber, std::size_t rows) {
    return {{"queryParameters",
             {{"query", page.search.empty() ? json(nullptr) : json(page.search)},
              {"sortColumn", 1},
              {"sortAscending", true},
              {"maxResults", rows},
              {"page", pageNumber},
              {"startDate", nullptr},
              {"endDate", nullptr},
              {"folderID", page.kind == folder ? json(page.id) : json(nullptr)},
              {"bookmarked", false},
              {"getFolderData", true},
              {"isSharedWithMe", page.kind == shared},
              {"isSubscriptionsPage", page.kind == subscriptions},
              {"includeArchived", true},
              {"includePlaylists", false}}}};
}

std::string textOf(const json& object, const char* name) {
    auto found = object.is_object() ? object.find(name) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t millisecondsOf(const json& row) {
    constexpr double msPerSecond = 1000, longestSeconds = 1e9;
    auto found = row.find("Duration");
    if (found == row.end() || !found->is_number()) return 0;
    auto seconds = found->get<double>();
    bool isSane = std::isfinite(seconds) && seconds > 0 && seconds < longestSeconds;
    return isSane ? static_cast<std::uint64_t>(std::llround(seconds * msPerSecond)) : 0;
}

/// Nothing for a row that names no recording. Its address is made of its id: none that the answer holds is
/// taken over.
std::optional<Item> itemOf(const json& row, const std::string& origin, const char* id, const char* name) {
    auto known = guid(textOf(row, id));
    if (!known) return std::nullopt;
    auto off = row.find("IsDownloadAvailable");
    return Item{.page = panoptoViewer(origin, *known),
                .title = plainText(textOf(row, name), maxTitleBytes),
                .durationMs = millisecondsOf(row),
                .isDownloadable = off == row.end() || !off->is_boolean() || off->get<bool>()};
}

std::unexpected<Error> notReadable() {
    return fail(Kind::network, "Panopto's list could not be read. Try again in a moment.", true);
}

/// The answer's object; ASP.NET wraps those of its services into `d`.
Result<json> objectOf(const std::string& body) {
    auto answer = json::parse(body, nullptr, false);
    if (!answer.is_object()) return notReadable();
    if (auto inner = answer.find("d"); inner != answer.end() && inner->is_object()) return json(*inner);
    return answer;
}

bool isWebPage(const std::string& body) {
    auto head = std::as_bytes(std::span(body.data(), body.size()));
    return media::firstLook(head) == media::FirstLook::html;
}

}  // namespace

std::optional<ListPage> panoptoListPage(const net::Url& url, std::string_view fragment,
                                        std::span<const std::string> vanityHosts) {
    if (!url.isHttps() || !isPanoptoHost(url, vanityHosts)) return std::nullopt;
    auto path = lowered(url.path());
    if (path == "/panopto/pages/sessions/list.aspx") return sessionsPage(url, Fragment(fragment));
    if (path != "/panopto/pages/viewer.aspx") return std::nullopt;
    auto pid = guid(url.parameter("pid").value_or(""));
    if (!pid) return std::nullopt;
    return ListPage{.site = "panopto",
                    .origin = url.origin(),
                    .kind = std::string(playlistKind),
                    .id = std::move(*pid),
                    .search = {}};
}

PanoptoListing::PanoptoListing(ListPage page, Visit visit, Clock now)
    : page_(std::move(page)), visit_(visit), now_(std::move(now)) {}

asio::awaitable<Result<Items>> PanoptoListing::items(Range range) {
    if (page_.kind == playlistKind) co_return co_await playlist(range);
    co_return co_await sessions(range);
}

std::unexpected<Error> PanoptoListing::signIn() const {
    auto host = page_.origin.substr(page_.origin.find("//") + 2);
    return fail(Kind::login_required, host +
                                          " shows this list to nobody who is not signed in. Sign in to "
                                          "Panopto in the browser and open the list again.");
}

Result<std::string> PanoptoListing::judge(net::Response response) const {
    constexpr int ok = 200, unauthorized = 401, forbidden = 403, notFound = 404, gone = 410;
    const auto& head = response.head;
    if (head.status == ok) return std::move(response.body);
    bool isRedirect = head.status >= 300 && head.status < 400;
    if (isRedirect || head.status == unauthorized || head.status == forbidden) return signIn();
    if (head.status == notFound || head.status == gone) {
        return fail(Kind::not_found,
                    "Panopto knows no list at this address. Check that its page opens in the browser.");
    }
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Result<std::string>> PanoptoListing::askOnce(const Question& question) {
    auto url = net::Url::parse(page_.origin + question.path);
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request;
    request.method = question.method;
    request.url = std::move(*url);
    request.headers = {{"Accept", "application/json, text/html;q=0.5"}};
    if (!question.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    request.body = question.body;
    request.credentials = &visit_.credentials;
    request.echo = net::CookieEcho{.cookie = "csrfToken", .header = "X-Csrf-Token"};
    request.maxRedirects = 0;
    request.maxBodyBytes = maxAnswerBytes;
    request.totalTimeoutMs = answerWithinMs;
    request.stop = visit_.stop;
    auto response = co_await visit_.http.send(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return judge(std::move(*response));
}

asio::awaitable<Result<std::string>> PanoptoListing::ask(Question question) {
    std::function<asio::awaitable<Result<std::string>>()> attempt = [this, &question] {
        return askOnce(question);
    };
    net::RetryPolicy policy{.attempts = 2};
    co_return co_await net::withRetry<std::string>(policy, visit_.timing, visit_.stop, attempt);
}

asio::awaitable<Result<Items>> PanoptoListing::sessions(Range range) {
    // Panopto counts in pages: one whose length divides what is left out begins just there.
    auto rows = std::gcd(range.first, static_cast<std::uint64_t>(std::min(range.most, mostRows)));
    Question question{.method = "POST",
                      .path = "/Panopto/Services/Data.svc/GetSessions",
                      .body = queryFor(page_, range.first / rows, rows).dump()};
    auto body = co_await ask(std::move(question));
    if (!body) co_return std::unexpected(std::move(body.error()));
    if (isWebPage(*body)) co_return signIn();
    auto items = readSessions(*body, range.first);
    if (!items || items->total > 0) co_return items;
    Question opening{.method = "GET", .path = "/Panopto/Pages/Sessions/List.aspx", .body = {}};
    auto opened = co_await ask(std::move(opening));
    if (!opened && opened.error().kind == Kind::login_required)
        co_return std::unexpected(std::move(opened.error()));
    co_return items;
}

Result<Items> PanoptoListing::readSessions(const std::string& body, std::uint64_t first) const {
    auto answer = objectOf(body);
    if (!answer) return std::unexpected(answer.error());
    auto rows = answer->find("Results");
    if (rows == answer->end() || !rows->is_array()) return notReadable();
    Items items;
    for (const auto& row : *rows) {
        if (auto item = itemOf(row, page_.origin, "DeliveryID", "SessionName"))
            items.items.push_back(std::move(*item));
    }
    auto seen = first + rows->size();
    auto total = answer->find("TotalNumber");
    items.total = total != answer->end() && total->is_number_unsigned() ? total->get<std::uint64_t>() : seen;
    if (!rows->empty() && seen < items.total) items.next = seen;
    return items;
}

asio::awaitable<Result<Items>> PanoptoListing::playlist(Range range) {
    Question naming{.method = "GET", .path = "/Panopto/Api/Playlists/" + page_.id, .body = {}};
    auto named = co_await ask(std::move(naming));
    if (!named) co_return std::unexpected(std::move(named.error()));
    if (isWebPage(*named)) co_return signIn();
    auto list = objectOf(*named);
    if (!list) co_return std::unexpected(std::move(list.error()));
    auto id = guid(textOf(*list, "SessionListId"));
    if (!id) co_return notReadable();
    Question question{
        .method = "GET",
        .path = "/Panopto/Api/SessionLists/" + *id + "?collections[0].maxCount=500&collections[0].name=items",
        .body = {}};
    auto body = co_await ask(std::move(question));
    if (!body) co_return std::unexpected(std::move(body.error()));
    if (isWebPage(*body)) co_return signIn();
    co_return readPlaylist(*body, range);
}

Result<Items> PanoptoListing::readPlaylist(const std::string& body, Range range) const {
    auto answer = objectOf(body);
    if (!answer) return std::unexpected(answer.error());
    auto rows = answer->find("Items");
    if (rows == answer->end() || !rows->is_array()) return notReadable();
    std::vector<Item> all;
    for (const auto& row : *rows) {
        if (textOf(row, "TypeName") != "Session") continue;
        if (auto item = itemOf(row, page_.origin, "Id", "Name")) all.push_back(std::move(*item));
    }
    Items items{.items = {}, .total = all.size(), .next = {}};
    auto first = std::min<std::uint64_t>(range.first, all.size());
    auto end = first + std::min<std::uint64_t>(std::min(range.most, mostRows), all.size() - first);
    for (auto at = first; at < end; ++at) items.items.push_back(std::move(all[at]));
    if (end < all.size()) items.next = end;
    return items;
}

}  // namespace auricle::sites
