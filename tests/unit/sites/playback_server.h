// A playback server in memory: sessions, keys and sealed segments as tests/peers/playback/README.md has them,
// with faults.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/http.h"
#include "system/base64.h"
#include "tests/unit/support/sealing.h"
#include "vault/key_agreement.h"

namespace auricle::test {

class PlaybackServer final : public net::HttpClient {
  public:
    struct Answer {
        int status = 200;
        std::string body{};
        std::string setCookie{};
        std::string retryAfter{};
    };

    const std::string origin = "https://play.uni.example";
    std::string videoId = "vid_1", rendition = "180p";
    std::vector<std::string> segments;  ///< as they are played
    bool wrapsByRfc3394 = false;
    std::size_t dekBytes = 16;
    /// Which video's keys are given out.
    std::string keysOf = videoId;
    /// Every request, without the segments': "POST /api/v1/key".
    std::vector<std::string> asked;
    std::vector<std::string> bodies;
    unsigned longestTurns = 3;
    std::uint32_t endedWithinMs = 0;
    /// Asked before each request with how often that was asked before: what goes wrong with it.
    std::function<std::optional<Answer>(const std::string& what, unsigned before)> fault =
        [](const std::string&, unsigned) { return std::nullopt; };
    /// What lies on the disk in place of what was sealed.
    std::function<void(std::size_t index, Bytes& sealed)> tamper = [](std::size_t, Bytes&) {};
    std::function<std::string(unsigned)> newToken = [](unsigned n) { return "token-" + std::to_string(n); };
    std::size_t segmentsAsked = 0;
    std::function<void(const std::string& what)> onRequest = [](const std::string&) {};

    std::size_t count(const std::string& what) const {
        return static_cast<std::size_t>(std::ranges::count(asked, what));
    }
    std::size_t openSessions() const { return sessions_.size(); }
    /// As a server does that was started anew without its database, or somebody who revokes them.
    void forgetSessions() { sessions_.clear(); }
    void expireSessions() {
        for (auto& [token, session] : sessions_) session.isExpired = true;
    }
    std::string manifest(bool hasAudio = true) const {
        auto list = nlohmann::json::array();
        for (std::size_t i = 0; i < segments.size(); ++i) {
            list.push_back({{"segIdx", i},
                            {"url", "/media/" + std::to_string(i)},
                            {"duration", 4.0},
                            {"bytes", segments[i].size() + 16}});
        }
        auto one = nlohmann::json{
            {"name", rendition}, {"bandwidth", 96000}, {"hasAudio", hasAudio}, {"segments", list}};
        return nlohmann::json{{"version", 1},
                              {"videoId", videoId},
                              {"title", "Lecture 4"},
                              {"duration", 4.0 * static_cast<double>(segments.size())},
                              {"renditions", nlohmann::json::array({one})}}
            .dump();
    }

    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override {
        auto what = request.method + " " + request.url.path();
        bool isMedia = request.url.path().starts_with("/media/");
        if (isMedia) ++segmentsAsked;
        if (!isMedia) {
            asked.push_back(what);
            bodies.push_back(request.body);
        }
        if (request.method == "DELETE") endedWithinMs = request.totalTimeoutMs;
        onRequest(what);
        auto loop = co_await boost::asio::this_coro::executor;
        for (unsigned turns = longestTurns; turns > 0; --turns)
            co_await boost::asio::post(loop, boost::asio::use_awaitable);
        if (request.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        auto wrong = fault(what, before_[what]++);
        auto answer = wrong ? std::move(*wrong) : honest(request);
        if (answer.status == 0) co_return fail(Kind::network, "The server is not there.", true);
        net::Response response;
        response.head.status = answer.status;
        response.head.url = request.url;
        if (!answer.retryAfter.empty()) response.head.headers.add("Retry-After", answer.retryAfter);
        if (!answer.setCookie.empty() && request.credentials)
            request.credentials->received(request.url, answer.setCookie);
        response.body = std::move(answer.body);
        co_return response;
    }

    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override {
        auto response = co_await send(std::move(request));
        if (!response) co_return response;
        response->head.headers.add("Content-Length", std::to_string(response->body.size()));
        if (auto begun = sink.begin(response->head); !begun) co_return std::unexpected(begun.error());
        if (auto taken = sink.data(bytesOf(response->body)); !taken) co_return std::unexpected(taken.error());
        response->body.clear();
        co_return response;
    }

    /// The key of a segment.
    vault::Secret dekOf(const std::string& video, std::size_t index) const {
        auto root = vault::Secret::copyOf(std::string_view("a root secret of thirty-two byte"));
        auto salt = video + "|" + rendition + "|" + std::to_string(index);
        return vault::hkdfSha256(root, bytesOf(salt), "chunk-dek-v1", dekBytes);
    }
    /// The key of the session that is open.
    vault::Secret kek() const { return sessions_.begin()->second.kek.duplicate(); }

    static Answer refusal(int status, std::string_view words) {
        return {.status = status, .body = nlohmann::json{{"error", words}}.dump()};
    }

  private:
    struct Session {
        vault::Secret kek;
        bool isExpired = false;
    };

    Answer honest(const net::Request& request) {
        const auto& path = request.url.path();
        if (path.starts_with("/media/")) return media(std::stoul(path.substr(7)));
        if (path == "/api/v1/videos/" + videoId + "/manifest") return {.body = manifest()};
        if (path == "/api/v1/session" && request.method == "POST") return opened(request);
        auto token = tokenOf(request);
        auto session = sessions_.find(token);
        if (token.empty()) return refusal(401, "No active session");
        if (session == sessions_.end()) return refusal(404, "Session not found");
        if (path == "/api/v1/session" && request.method == "DELETE") {
            sessions_.erase(session);
            return {.body = R"({"message":"Session terminated successfully"})",
                    .setCookie = "sessionToken=; Path=/; Max-Age=0"};
        }
        if (session->second.isExpired) return refusal(401, "Session expired");
        if (path == "/api/v1/session/refresh")
            return {.body = R"({"message":"Session refreshed successfully"})", .setCookie = cookie(token)};
        if (path == "/api/v1/key") return keys(request, session->second);
        return {.status = 404, .body = "nothing here"};
    }

    static std::string cookie(const std::string& token) {
        return "sessionToken=" + token + "; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure";
    }
    static std::string tokenOf(const net::Request& request) {
        if (!request.credentials) return {};
        auto header = std::string(request.credentials->cookies(request.url).reveal());
        auto at = header.find("sessionToken=");
        return at == std::string::npos ? "" : header.substr(at + 13);
    }

    Answer opened(const net::Request& request) {
        auto body = nlohmann::json::parse(request.body);
        EXPECT_EQ(body["videoId"], videoId);
        const vault::KeyPair ours(vault::systemRandomness());
        auto theirs = fromBase64(body["clientPubKey"].get<std::string>());
        EXPECT_TRUE(theirs && theirs->size() == 32);
        EXPECT_TRUE(publicKeys_.insert(body["clientPubKey"]).second) << "each session has a key of its own";
        Bytes nonce(12);
        vault::systemRandomness()(nonce);
        auto token = newToken(++tokens_);
        sessions_[token].kek = vault::hkdfSha256(ours.sharedWith(*theirs), nonce, "session-kek-v1", 16);
        nlohmann::json said{{"sessionId", "s" + std::to_string(tokens_)},
                            {"videoId", videoId},
                            {"serverPubKey", toBase64(ours.publicKey())},
                            {"serverNonce", toBase64(nonce)},
                            {"expiresAt", "2026-11-21T12:00:00.000Z"}};
        return {.body = said.dump(), .setCookie = cookie(token)};
    }

    Answer keys(const net::Request& request, const Session& session) {
        if (request.method == "GET") {
            auto index = std::stoul(*request.url.parameter("segIdx"));
            EXPECT_EQ(*request.url.parameter("videoId"), videoId);
            EXPECT_EQ(*request.url.parameter("rendition"), rendition);
            auto key = keyOf(index, session);
            key.erase("segIdx");
            return {.body = key.dump()};
        }
        auto body = nlohmann::json::parse(request.body);
        EXPECT_EQ(body["rendition"], rendition);
        EXPECT_LE(body["segIndices"].size(), 20u);
        auto list = nlohmann::json::array();
        for (const auto& index : body["segIndices"]) {
            if (index.get<std::size_t>() >= segments.size()) return refusal(404, "Segment not found");
            list.push_back(keyOf(index.get<std::size_t>(), session));
        }
        return {.body = nlohmann::json{{"keys", list}, {"duration", "1ms"}}.dump()};
    }

    static Bytes ivOf(std::size_t index) {
        Bytes iv(12);
        iv[0] = static_cast<std::byte>(index + 1);
        return iv;
    }
    nlohmann::json keyOf(std::size_t index, const Session& session) const {
        auto dek = dekOf(keysOf, index);
        nlohmann::json key{{"segIdx", index}, {"segmentIv", toBase64(ivOf(index))}};
        if (wrapsByRfc3394) {
            key["wrappedDek"] = toBase64(wrappedKey(session.kek.bytes(), dek.bytes()));
        } else {
            key["wrapIv"] = toBase64(ivOf(index + 100));
            key["wrappedDek"] = toBase64(sealedGcm(session.kek.bytes(), ivOf(index + 100), dek.bytes()));
        }
        return key;
    }
    Answer media(std::size_t index) {
        auto dek = dekOf(videoId, index);
        auto sealed = sealedGcm(dek.bytes().first(16), ivOf(index), bytesOf(segments.at(index)));
        tamper(index, sealed);
        return {.body = std::string(reinterpret_cast<const char*>(sealed.data()), sealed.size())};
    }

    std::map<std::string, Session> sessions_;
    std::set<std::string> publicKeys_;
    std::map<std::string, unsigned> before_;
    unsigned tokens_ = 0;
};

}  // namespace auricle::test
