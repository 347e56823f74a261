#include "sites/playback_session.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "media/container.h"
#include "net/retry.h"
#include "sites/plain_text.h"
#include "sites/server_trouble.h"
#include "system/base64.h"

namespace auricle::sites {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::string_view sessionPath = "/api/v1/session", refreshPath = "/api/v1/session/refresh",
                           keyPath = "/api/v1/key";
constexpr int statusOk = 200, firstRedirect = 300, firstRefusal = 400, statusUnauthorized = 401,
              statusForbidden = 403, statusNotFound = 404;
constexpr std::uint64_t mostAnswerBytes = 256u << 10;
constexpr std::uint32_t answerWithinMs = 30'000;
constexpr unsigned mostSessions = 2;  ///< new ones in a row that do not get a single key
constexpr std::size_t maxQuotedBytes = 200;

json bodyOf(const net::Response& answer) {
    return json::parse(answer.body, nullptr, false);
}

std::string text(const json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The server's own words for a refusal.
std::string wordsOf(const net::Response& answer) {
    return plainText(text(bodyOf(answer), "error"), maxQuotedBytes);
}

std::string quoted(const net::Response& answer) {
    auto words = wordsOf(answer);
    return words.empty() ? "status " + std::to_string(answer.head.status) : "“" + words + "”";
}

bool isPage(const net::Response& answer) {
    return media::firstLook(std::as_bytes(std::span(answer.body))) == media::FirstLook::html;
}

/// It ran out, was revoked, or the server does not know it (any more). Of all that is not found only the
/// words tell it from the rest.
bool hasEnded(const net::Response& answer) {
    return answer.head.status == statusUnauthorized ||
           (answer.head.status == statusNotFound && wordsOf(answer) == "Session not found");
}

/// What an answer means that is not the one asked for.
Error refusal(const net::Response& answer) {
    const auto& host = answer.head.url.host();
    const int status = answer.head.status;
    bool isSignIn = status == statusUnauthorized || (status >= firstRedirect && status < firstRefusal) ||
                    (status == statusOk && isPage(answer));
    if (isSignIn)
        return {.kind = Kind::login_required,
                .message = host +
                           " wants you to sign in before it plays this video. Sign in there in the "
                           "browser, then try again."};
    if (status == statusForbidden)
        return {.kind = Kind::forbidden,
                .message = host + " does not let you play this video (" + quoted(answer) +
                           "). Check that it plays in the browser."};
    if (status == statusNotFound)
        return {.kind = Kind::not_found,
                .message = host + " does not have this (" + quoted(answer) +
                           "). Check that the video still plays in the browser."};
    return {.kind = Kind::network,
            .message = host + " answered in a way that is not known (" + quoted(answer) +
                       "). Whoever looks after it may have changed it; try again later."};
}

std::unexpected<Error> refused(const net::Response& answer) {
    return std::unexpected(refusal(answer));
}

/// `wrapIv` is not there where the key is wrapped as RFC 3394 has it.
std::optional<std::string> wrapIvOf(const json& key) {
    if (!key.contains("wrapIv") || key["wrapIv"].is_null()) return std::nullopt;
    return text(key, "wrapIv");
}

Result<SegmentSeal> sealIn(const json& key, const PlaybackKek& kek) {
    const auto wrapIv = wrapIvOf(key);
    auto dek = kek.unwrap(text(key, "wrappedDek"), wrapIv);
    if (!dek) return std::unexpected(std::move(dek.error()));
    const auto iv = fromBase64(text(key, "segmentIv"));
    if (!iv || iv->size() != SegmentSeal::ivBytes)
        return fail(Kind::bad_seal,
                    "The playback server sent a segment's initialization vector that is none of 12 bytes. "
                    "Whoever looks after the server has to know.");
    SegmentSeal seal{.dek = std::move(*dek)};
    std::ranges::copy(*iv, seal.iv.begin());
    return seal;
}

}  // namespace

PlaybackSession::PlaybackSession(const streams::Visit& visit, Video video, vault::Randomness random)
    : visit_(visit), video_(std::move(video)), random_(std::move(random)) {}

asio::awaitable<void> PlaybackSession::takeTurn() {
    if (!std::exchange(isTaken_, true)) co_return;
    asio::steady_timer turn(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    waiting_.push_back(&turn);
    co_await turn.async_wait(asio::as_tuple(asio::use_awaitable));
}

void PlaybackSession::giveTurn() {
    isTaken_ = !waiting_.empty();
    if (waiting_.empty()) return;
    waiting_.front()->cancel();
    waiting_.pop_front();
}

asio::awaitable<Result<std::vector<SegmentSeal>>> PlaybackSession::keys(std::string rendition,
                                                                        std::uint64_t first,
                                                                        std::size_t count) {
    co_await takeTurn();
    auto seals = co_await keysInTurn(rendition, first, count);
    giveTurn();
    co_return seals;
}

asio::awaitable<Result<std::vector<SegmentSeal>>> PlaybackSession::keysInTurn(const std::string& rendition,
                                                                              std::uint64_t first,
                                                                              std::size_t count) {
    bool mayProlong = kek_.has_value();
    for (unsigned opened = 0;;) {
        if (!kek_) {
            if (opened++ == mostSessions)
                co_return fail(Kind::login_required,
                               video_.page.host() +
                                   " ends every session at once. Sign in again there in the "
                                   "browser, then try again.");
            if (auto begun = co_await open(); !begun) co_return std::unexpected(std::move(begun.error()));
        }
        auto request = keyQuestion(rendition, first, count);
        auto answer = co_await ask(std::move(request));
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        if (!hasEnded(*answer)) co_return sealsIn(*answer, first, count);
        if (std::exchange(mayProlong, false)) {
            auto prolonged = co_await prolong();
            if (!prolonged) co_return std::unexpected(std::move(prolonged.error()));
            if (*prolonged) continue;
        }
        kek_.reset();
    }
}

asio::awaitable<Result<void>> PlaybackSession::open() {
    const PlaybackAgreement ours(random_);
    auto request = question("POST", sessionPath);
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = json{{"videoId", video_.id}, {"clientPubKey", ours.clientPubKey()}}.dump();
    auto answer = co_await ask(std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    const auto session = bodyOf(*answer);
    if (answer->head.status != statusOk || !session.is_object()) co_return refused(*answer);
    auto kek = ours.agree(text(session, "serverPubKey"), text(session, "serverNonce"));
    if (!kek) co_return std::unexpected(std::move(kek.error()));
    kek_ = std::move(*kek);
    co_return Result<void>{};
}

asio::awaitable<Result<bool>> PlaybackSession::prolong() {
    auto request = question("POST", refreshPath);
    auto answer = co_await ask(std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (hasEnded(*answer)) co_return false;
    if (answer->head.status != statusOk) co_return refused(*answer);
    co_return true;
}

asio::awaitable<void> PlaybackSession::keepAlive(std::stop_token stop) {
    for (;;) {
        auto slept = co_await visit_.timing.sleep(refreshEvery, stop);
        if (!slept) co_return;
        co_await takeTurn();
        if (kek_ && !stop.stop_requested()) (void)co_await prolong();
        giveTurn();
    }
}

asio::awaitable<void> PlaybackSession::end(std::chrono::milliseconds within) {
    if (!kek_) co_return;
    kek_.reset();
    auto request = question("DELETE", sessionPath);
    request.totalTimeoutMs = static_cast<std::uint32_t>(within.count());
    request.stop = {};
    (void)co_await visit_.http.send(std::move(request));
}

net::Request PlaybackSession::question(std::string method, std::string_view path) const {
    net::Request request{.method = std::move(method),
                         .url = *video_.page.resolve(path),
                         .headers = {{"Accept", "application/json"}, {"Origin", video_.page.origin()}},
                         .credentials = visit_.credentials};
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.totalTimeoutMs = answerWithinMs;
    request.stop = visit_.stop;
    return request;
}

net::Request PlaybackSession::keyQuestion(const std::string& rendition, std::uint64_t first,
                                          std::size_t count) const {
    if (count == 1) {
        return question("GET", std::string(keyPath) + "?videoId=" + net::percentEncode(video_.id) +
                                   "&rendition=" + net::percentEncode(rendition) +
                                   "&segIdx=" + std::to_string(first));
    }
    auto request = question("POST", keyPath);
    auto indices = json::array();
    for (std::size_t i = 0; i < count; ++i) indices.push_back(first + i);
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = json{{"videoId", video_.id}, {"rendition", rendition}, {"segIndices", indices}}.dump();
    return request;
}

asio::awaitable<Result<net::Response>> PlaybackSession::ask(net::Request request) const {
    std::function<asio::awaitable<Result<net::Response>>()> attempt =
        [this, &request]() -> asio::awaitable<Result<net::Response>> {
        auto again = request;
        auto answer = co_await visit_.http.send(std::move(again));
        if (!answer) co_return answer;
        auto trouble = serverTrouble(answer->head, std::chrono::system_clock::now());
        if (trouble) co_return std::unexpected(std::move(*trouble));
        co_return answer;
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<net::Response>(policy, visit_.timing, visit_.stop, attempt);
}

Result<std::vector<SegmentSeal>> PlaybackSession::sealsIn(const net::Response& answer, std::uint64_t first,
                                                          std::size_t count) const {
    const auto body = bodyOf(answer);
    if (answer.head.status != statusOk || !body.is_object()) return refused(answer);
    auto only = json::array({body});
    if (count == 1) only[0]["segIdx"] = first;
    const auto& keys = count == 1 ? only : body.value("keys", json::array());
    if (!keys.is_array() || keys.size() != count) return refused(answer);
    Seals seals(count);
    for (const auto& key : keys) {
        const auto index = key.is_object() ? key.value("segIdx", json()) : json();
        const auto place = index.is_number_unsigned() ? index.get<std::uint64_t>() - first : count;
        if (place >= count || !seals[place].dek.empty()) return refused(answer);
        auto seal = sealIn(key, *kek_);
        if (!seal) return std::unexpected(std::move(seal.error()));
        seals[place] = std::move(*seal);
    }
    return seals;
}

}  // namespace auricle::sites
