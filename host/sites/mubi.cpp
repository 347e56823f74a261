#include "sites/mubi.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sites/plain_text.h"
#include "sites/server_trouble.h"
#include "sites/stream_visit.h"
#include "streams/open.h"

namespace auricle::sites {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr int statusOk = 200, statusPartial = 206, statusUnauthorized = 401, statusForbidden = 403,
              statusNotFound = 404, statusMethodNotAllowed = 405, statusGone = 410, statusUnsatisfiable = 416,
              statusNotImplemented = 501;
constexpr int codeInvalidToken = 8, codeNotAuthorized = 50;
constexpr std::uint64_t maxAnswerBytes = 4u << 20;
constexpr std::uint32_t answerWithinMs = 20'000;
constexpr std::size_t maxTitleBytes = 300, maxSentenceBytes = 400, mostStreams = 8;
constexpr std::string_view usualCountry = "US", usualLanguage = "en";

const net::Url& apiUrl() {
    static const net::Url url = *net::Url::parse(mubiApi);
    return url;
}

std::unexpected<Error> noSession() {
    return fail(
        Kind::cookies_missing,
        "No sign-in at MUBI was found (looked for the cookie lt, and for _mubi_session with a token in "
        "it). Sign in at mubi.com in the browser, then try again.");
}

std::unexpected<Error> sessionOver(const Visit& visit) {
    auto madeOf = visit.credentials.madeOf();
    return fail(Kind::login_required, "MUBI does not take the sign-in " +
                                          (madeOf.empty() ? "" : "(of " + madeOf + ") ") +
                                          "any more. Sign in at mubi.com in the browser and try again.");
}

std::string textOf(const json& object, const char* name) {
    auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A number or a text, as the site has its ids.
std::string idOf(const json& object) {
    auto found = object.find("id");
    if (found == object.end()) return {};
    if (found->is_number_unsigned()) return std::to_string(found->get<std::uint64_t>());
    auto text = found->is_string() ? found->get<std::string>() : std::string();
    bool isNumber =
        !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string::npos;
    return isNumber ? text : std::string();
}

bool isCountry(std::string_view text) {
    return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// What the site says of a refusal: {"code", "message", "user_message"}.
struct SiteError {
    int code = 0;
    std::string sentence;
};

SiteError siteErrorOf(const std::string& body) {
    auto answer = json::parse(body, nullptr, false);
    if (!answer.is_object()) return {};
    auto code = answer.find("code");
    auto said = textOf(answer, "user_message");
    if (said.empty()) said = textOf(answer, "message");
    return {.code = code != answer.end() && code->is_number_integer() ? code->get<int>() : 0,
            .sentence = plainText(said, maxSentenceBytes)};
}

std::optional<net::Url> streamUrl(const std::string& text) {
    if (text.empty()) return std::nullopt;
    auto url = net::Url::parse(text);
    if (!url || !url->isHttps()) return std::nullopt;
    return std::move(*url);
}

void addOnce(std::vector<net::Url>& urls, std::optional<net::Url> url) {
    if (url && urls.size() < mostStreams && std::ranges::find(urls, *url) == urls.end())
        urls.push_back(std::move(*url));
}

/// The largest of `optimised_trailers` holds the same sound as the smallest: the smallest, by its profile
/// ("240p"), is asked.
std::optional<net::Url> trailerOf(const json& film) {
    std::optional<net::Url> smallest;
    int least = 0;
    if (auto list = film.find("optimised_trailers"); list != film.end() && list->is_array()) {
        for (const auto& one : *list) {
            if (!one.is_object()) continue;
            auto url = streamUrl(textOf(one, "url"));
            auto lines = std::atoi(textOf(one, "profile").c_str());
            if (!url || (smallest && lines >= least)) continue;
            smallest = std::move(url);
            least = lines;
        }
    }
    return smallest ? smallest : streamUrl(textOf(film, "trailer_url"));
}

std::unexpected<Error> isProtected(const std::string& title) {
    return fail(
        Kind::drm_protected,
        "MUBI protects " + (title.empty() ? "this film" : "“" + title + "”") +
            " by DRM, as it does with nearly all of its films. Auricle asks no licence server for a key, "
            "deciphers nothing that is protected, and records no screen and no speaker: watch it at "
            "MUBI.");
}

std::unexpected<Error> noSuchFilm() {
    return fail(Kind::not_found,
                "MUBI knows no film at this address. Check that its page opens in the browser.");
}

}  // namespace

asio::awaitable<Result<net::Response>> Mubi::send(std::string method, std::string path, const Asker& asker,
                                                  const Visit& visit) const {
    auto url = apiUrl().resolve(path);
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request;
    request.method = std::move(method);
    request.url = std::move(*url);
    request.headers.push_back({"Accept", "application/json"});
    request.headers.push_back({"Accept-Language", asker.language});
    request.headers.push_back({"Client", "web"});
    request.headers.push_back({"Client-Country", asker.country});
    request.headers.push_back({"Client-Accept-Audio-Codecs", "aac"});
    request.headers.push_back({"Client-Accept-Video-Codecs", "h265,vp9,h264"});
    request.headers.push_back({"Origin", std::string(mubiOrigin)});
    request.headers.push_back({"Referer", std::string(mubiOrigin)});
    request.credentials = &visit.credentials;
    request.account = asker.account;
    request.maxRedirects = 0;
    request.maxBodyBytes = maxAnswerBytes;
    request.totalTimeoutMs = answerWithinMs;
    request.stop = visit.stop;
    co_return co_await visit.http.send(std::move(request));
}

Error Mubi::refusalOf(const net::Response& response, const Visit& visit) const {
    const auto& head = response.head;
    if (auto trouble = serverTrouble(head, now_())) return std::move(*trouble);
    auto said = siteErrorOf(response.body);
    if (head.status == statusUnauthorized || said.code == codeInvalidToken) {
        if (visit.credentials.madeOf().empty()) return noSession().error();
        return sessionOver(visit).error();
    }
    bool isAnswer = said.code == codeNotAuthorized || head.status == statusForbidden || head.status == 422;
    if (isAnswer) {
        auto sentence = said.sentence.empty() ? std::string("MUBI does not give this to your account.")
                                              : "MUBI says: “" + said.sentence + "”.";
        return {.kind = Kind::forbidden, .message = std::move(sentence)};
    }
    if (head.status == statusNotFound || head.status == statusGone) return noSuchFilm().error();
    return {.kind = Kind::network,
            .message = head.url.host() + " answered in a way that is not known (status " +
                       std::to_string(head.status) + "). Try again later."};
}

Result<json> Mubi::judge(net::Response response, const Visit& visit) const {
    if (response.head.status != statusOk) return std::unexpected(refusalOf(response, visit));
    auto answer = json::parse(response.body, nullptr, false);
    if (!answer.is_object())
        return fail(Kind::network, "MUBI's answer could not be read. Try again in a moment.", true);
    return answer;
}

asio::awaitable<Result<json>> Mubi::askOnce(std::string method, std::string path, const Asker& asker,
                                            const Visit& visit) const {
    auto response = co_await send(std::move(method), std::move(path), asker, visit);
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return judge(std::move(*response), visit);
}

asio::awaitable<Result<json>> Mubi::ask(std::string method, std::string path, const Asker& asker,
                                        const Visit& visit) const {
    std::function<asio::awaitable<Result<json>>()> attempt = [&] {
        return askOnce(method, path, asker, visit);
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<json>(policy, visit.timing, visit.stop, attempt);
}

asio::awaitable<Result<bool>> Mubi::askStatus(const Asker& asker, const Visit& visit) {
    if (!mayHaveStatus_) co_return false;
    std::string method = "GET", path = "/v3/auth/status";
    auto response = co_await send(std::move(method), std::move(path), asker, visit);
    if (!response) co_return std::unexpected(std::move(response.error()));
    auto status = response->head.status;
    if (status == statusOk) co_return true;
    bool isUnknown = status == statusNotFound || status == statusMethodNotAllowed || status == statusGone ||
                     status == statusNotImplemented;
    if (!isUnknown) co_return std::unexpected(refusalOf(*response, visit));
    mayHaveStatus_ = false;
    co_return false;
}

asio::awaitable<Result<void>> Mubi::askAccount(Asker& asker, const Visit& visit) const {
    std::string method = "GET", path = "/v4/account";
    auto answer = co_await askOnce(std::move(method), std::move(path), asker, visit);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    asker.account = idOf(*answer);
    auto country = answer->find("country");
    auto code = country != answer->end() && country->is_object() ? textOf(*country, "code") : std::string();
    if (isCountry(code)) asker.country = code;
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Mubi::introduce(Asker& asker, const Visit& visit) {
    std::function<asio::awaitable<Result<void>>()> attempt = [&]() -> asio::awaitable<Result<void>> {
        auto good = co_await askStatus(asker, visit);
        if (!good) co_return std::unexpected(std::move(good.error()));
        co_return co_await askAccount(asker, visit);
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<void>(policy, visit.timing, visit.stop, attempt);
}

asio::awaitable<Result<Login>> Mubi::checkLogin(std::string, Visit visit) {
    if (visit.credentials.madeOf().empty()) co_return noSession();
    Asker asker{.account = {}, .country = std::string(usualCountry), .language = std::string(usualLanguage)};
    auto good = co_await askStatus(asker, visit);
    if (!good) co_return std::unexpected(std::move(good.error()));
    if (!*good) {
        if (auto asked = co_await askAccount(asker, visit); !asked)
            co_return std::unexpected(std::move(asked.error()));
    }
    Login login{.account = std::move(asker.account)};
    co_return login;
}

asio::awaitable<Result<Mubi::Film>> Mubi::filmOf(const Page& page, const Asker& asker,
                                                 const Visit& visit) const {
    std::string method = "GET", path = "/v4/films/" + page.id;
    auto answer = co_await ask(std::move(method), std::move(path), asker, visit);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    Film film{.number = idOf(*answer),
              .title = plainText(textOf(*answer, "title"), maxTitleBytes),
              .trailer = trailerOf(*answer)};
    if (film.number.empty()) co_return noSuchFilm();
    co_return film;
}

asio::awaitable<Result<std::vector<net::Url>>> Mubi::streamsOf(const Film& film, const Asker& asker,
                                                               const Visit& visit) const {
    // The site gives no address to whoever has not said that they are watching.
    auto viewing = "/v4/films/" + film.number + "/viewing";
    std::string post = "POST", begin = viewing + "?parental_lock_enabled=true";
    auto begun = co_await ask(std::move(post), std::move(begin), asker, visit);
    if (!begun) co_return std::unexpected(std::move(begun.error()));
    std::string get = "GET", secureUrl = viewing + "/secure_url";
    auto answer = co_await ask(std::move(get), std::move(secureUrl), asker, visit);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    std::vector<net::Url> urls;
    if (auto list = answer->find("urls"); list != answer->end() && list->is_array()) {
        for (const auto& one : *list) {
            if (one.is_object()) addOnce(urls, streamUrl(textOf(one, "src")));
        }
    }
    addOnce(urls, streamUrl(textOf(*answer, "url")));
    if (urls.empty())
        co_return fail(Kind::not_media, "MUBI names no stream of this film. See whether it plays there.");
    co_return urls;
}

asio::awaitable<Result<streams::Ways>> Mubi::openAll(const Page& page, std::vector<net::Url> urls,
                                                     const Film& film, const Visit& visit) const {
    auto with = streamVisit(*this, page, visit);
    streams::Wishes wishes{
        .language = visit.language,
        .tags = {.title = film.title, .course = {}, .date = {}, .source = page.url.text()}};
    streams::Ways ways;
    std::optional<Error> fault;
    for (const auto& url : urls) {
        auto opened = co_await streams::open(url, wishes, with);
        if (opened)
            std::ranges::move(*opened, std::back_inserter(ways));
        else if (!fault || opened.error().kind == Kind::drm_protected)
            fault = std::move(opened.error());
    }
    if (!ways.empty()) co_return ways;
    if (fault->kind == Kind::drm_protected) co_return isProtected(film.title);
    co_return std::unexpected(std::move(*fault));
}

asio::awaitable<Result<Plan>> Mubi::resolve(const Page& page, Visit visit) {
    bool isTrailer = isMubiTrailer(page);
    auto locale = mubiLocale(page);
    Asker asker{.account = {},
                .country = locale.country.empty() ? std::string(usualCountry) : locale.country,
                .language = locale.language.empty() ? std::string(usualLanguage) : locale.language};
    // A trailer is everybody's: nobody is asked to sign in for it.
    if (!isTrailer) {
        if (visit.credentials.madeOf().empty()) co_return noSession();
        if (auto known = co_await introduce(asker, visit); !known)
            co_return std::unexpected(std::move(known.error()));
    }
    auto film = co_await filmOf(page, asker, visit);
    if (!film) co_return std::unexpected(std::move(film.error()));
    Plan plan;
    plan.about.title = isTrailer && !film->title.empty() ? film->title + " (trailer)" : film->title;
    plan.about.stableId = film->number + (isTrailer ? "-trailer" : "");
    std::vector<net::Url> urls;
    if (isTrailer) {
        addOnce(urls, film->trailer);
        if (urls.empty()) co_return fail(Kind::not_found, "MUBI has no trailer of this film.");
    } else {
        auto found = co_await streamsOf(*film, asker, visit);
        if (!found) co_return std::unexpected(std::move(found.error()));
        urls = std::move(*found);
    }
    auto ways = co_await openAll(page, std::move(urls), *film, visit);
    if (!ways) co_return std::unexpected(std::move(ways.error()));
    for (const auto& way : *ways) plan.wholeBytes = std::max(plan.wholeBytes, way->wholeBytes());
    plan.ways = std::move(*ways);
    auto cost = [](const auto& way) { return way->bytes() ? way->bytes() : ~std::uint64_t{0}; };
    std::ranges::stable_sort(plan.ways, {}, cost);
    co_return plan;
}

Result<void> Mubi::judgeHop(const Page&, const net::Url& from, const net::Url& to) const {
    if (to.isHttps()) return {};
    return fail(Kind::forbidden,
                from.host() + " redirects to " + to.host() + " without https, which is not followed.");
}

Result<void> Mubi::judgeMedia(const Page&, const net::ResponseHead& head) const {
    if (head.status == statusOk || head.status == statusPartial || head.status == statusUnsatisfiable)
        return {};
    if (auto trouble = serverTrouble(head, now_())) return std::unexpected(std::move(*trouble));
    if (head.status == statusNotFound || head.status == statusGone) {
        return fail(Kind::not_found, "There is nothing at the address that MUBI gave (any more). Try again.");
    }
    if (head.status >= 400) {
        return fail(Kind::forbidden,
                    "The address of the sound at " + head.url.host() + " is not valid any more (status " +
                        std::to_string(head.status) + "). Try again.",
                    true);
    }
    return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                   std::to_string(head.status) + ").");
}

asio::awaitable<Error> Mubi::explain(const Page&, Error refused, Visit) {
    co_return refused;
}

}  // namespace auricle::sites
