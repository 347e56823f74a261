// An HttpClient that answers from a script, by method and URL, and remembers what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/retry.h"
#include "sites/site.h"

namespace auricle::test {

struct Answer {
    int status = 200;
    std::string body{};
    std::vector<net::Header> headers{};
    std::optional<Error> failure{};
};

struct Asked {
    std::string method, url, body;
    std::vector<net::Header> headers;
    bool hadCredentials = false;
    std::uint64_t maxBodyBytes = 0;
    std::uint32_t totalTimeoutMs = 0;
};

class ScriptedClient final : public net::HttpClient {
  public:
    /// The next answer to that question; the last one given is repeated. `what` is "POST https://…".
    void answer(const std::string& what, Answer answer) { script_[what].push_back(std::move(answer)); }
    const std::vector<Asked>& asked() const { return asked_; }
    std::size_t count(const std::string& what) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            asked_, [&](const Asked& one) { return one.method + " " + one.url == what; }));
    }

    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override {
        asked_.push_back({.method = request.method,
                          .url = request.url.text(),
                          .body = request.body,
                          .headers = request.headers,
                          .hadCredentials = request.credentials != nullptr,
                          .maxBodyBytes = request.maxBodyBytes,
                          .totalTimeoutMs = request.totalTimeoutMs});
        auto found = script_.find(request.method + " " + request.url.text());
        if (found == script_.end()) {
            ADD_FAILURE() << "nobody scripted " << request.method << " " << request.url.text();
            co_return fail(Kind::internal, "not scripted");
        }
        auto answer = found->second.front();
        if (found->second.size() > 1) found->second.pop_front();
        if (answer.failure) co_return std::unexpected(*answer.failure);
        if (answer.body.size() > request.maxBodyBytes) co_return fail(Kind::too_large, "too large");
        net::Response response;
        response.head.status = answer.status;
        response.head.url = request.url;
        for (auto& header : answer.headers) response.head.headers.add(header.name, header.value);
        response.body = answer.body;
        response.hops.push_back(request.url);
        co_return response;
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink&) override {
        return send(std::move(request));
    }

  private:
    std::map<std::string, std::deque<Answer>> script_;
    std::vector<Asked> asked_;
};

class NoCredentials final : public net::Credentials {
  public:
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url&, std::string_view) override {}
};

/// A Timing that remembers its pauses and takes no time.
struct Pauses {
    std::vector<std::chrono::milliseconds> taken;
    net::Timing timing() {
        auto sleep = [this](std::chrono::milliseconds pause,
                            std::stop_token stop) -> boost::asio::awaitable<Result<void>> {
            taken.push_back(pause);
            if (stop.stop_requested()) co_return fail(Kind::cancelled, "stopped");
            co_return Result<void>{};
        };
        return {.sleep = sleep, .chance = [] { return 0.5; }};
    }
};

template <class T>
T runToEnd(boost::asio::awaitable<T> work) {
    boost::asio::io_context loop;
    std::optional<T> outcome;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr fault, T value) {
        if (fault) std::rethrow_exception(fault);
        outcome = std::move(value);
    });
    loop.run();
    return std::move(*outcome);
}

inline net::Url url(std::string_view text) {
    auto parsed = net::Url::parse(text);
    if (!parsed) throw std::invalid_argument(parsed.error().message);
    return *parsed;
}

}  // namespace auricle::test
