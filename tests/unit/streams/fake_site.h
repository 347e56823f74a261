// A site in memory, as a stream's ways see it: files by URL, with latencies, byte ranges and faults; and a
// target in memory.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "streams/way.h"

namespace auricle::test {

/// What goes wrong with one answer.
struct SiteFault {
    int status = 0;                            ///< instead of the honest one
    std::size_t cutAfter = std::string::npos;  ///< bytes of the body
    std::size_t shiftRange = 0;                ///< a 206 of another place
    bool ignoresRange = false;
    bool hasNoLength = false;
    std::optional<std::string> body{};  ///< instead of the file
};

struct SiteRequest {
    std::string method, url, range;
    bool hasCredentials;
};

class FakeSite final : public net::HttpClient {
  public:
    explicit FakeSite(std::uint64_t seed = 1) : chance_(seed) {}

    std::map<std::string, std::string> files;  ///< by URL without its query
    /// Asked for each request with how often this URL (and range) was asked for before.
    std::function<SiteFault(const SiteRequest&, unsigned before)> fault = [](const SiteRequest&, unsigned) {
        return SiteFault{};
    };
    std::function<void(const SiteRequest&)> onRequest = [](const SiteRequest&) {};
    bool isMultiplexed = false;
    unsigned longestTurns = 10;
    std::vector<SiteRequest> asked;
    unsigned running = 0, mostRunning = 0;

    std::size_t count(std::string_view url) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(asked, [url](const SiteRequest& one) { return one.url == url; }));
    }

    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override {
        struct Text final : net::BodySink {
            Result<void> begin(const net::ResponseHead&) override { return {}; }
            Result<void> data(std::span<const std::byte> bytes) override {
                text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                return {};
            }
            std::string text;
        } sink;
        auto response = co_await send(std::move(request), sink);
        if (response) response->body = std::move(sink.text);
        co_return response;
    }

    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override {
        mostRunning = std::max(mostRunning, ++running);
        auto response = co_await answer(request, sink);
        --running;
        co_return response;
    }

  private:
    boost::asio::awaitable<Result<net::Response>> answer(net::Request& request, net::BodySink& sink) {
        SiteRequest one{.method = request.method,
                        .url = request.url.text(),
                        .range = {},
                        .hasCredentials = request.credentials != nullptr};
        for (const auto& header : request.headers)
            if (header.name == "Range") one.range = header.value;
        asked.push_back(one);
        onRequest(one);
        auto wrong = fault(one, before_[one.method + one.url + one.range]++);
        auto loop = co_await boost::asio::this_coro::executor;
        for (auto turns = chance_() % (longestTurns + 1); turns > 0 && !request.stop.stop_requested();
             --turns)
            co_await boost::asio::post(loop, boost::asio::use_awaitable);
        if (request.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        auto found = files.find(request.url.safeText());
        net::ResponseHead head{.status = 200, .headers = {}, .url = request.url};
        head.isMultiplexed = isMultiplexed;
        std::string body = found == files.end() ? "" : found->second;
        if (found == files.end()) head.status = 404;
        if (wrong.body) body = *wrong.body;
        if (head.status == 200 && !one.range.empty() && !wrong.ignoresRange && !wrong.body)
            body = part(body, one.range, wrong, head);
        if (wrong.status) {
            head.status = wrong.status;
            body = "trouble";
        }
        if (!wrong.hasNoLength) head.headers.add("Content-Length", std::to_string(body.size()));
        if (request.method == "HEAD") body.clear();
        if (auto begun = sink.begin(head); !begun) co_return std::unexpected(begun.error());
        co_return co_await pour(std::move(body), wrong.cutAfter, head, sink);
    }

    static std::string part(const std::string& body, const std::string& range, const SiteFault& wrong,
                            net::ResponseHead& head) {
        auto dash = range.find('-');
        auto first = std::stoul(range.substr(6, dash - 6)) + wrong.shiftRange;
        auto last = std::min(std::stoul(range.substr(dash + 1)) + wrong.shiftRange, body.size() - 1);
        head.status = 206;
        head.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) +
                                              "/" + std::to_string(body.size()));
        return body.substr(first, last - first + 1);
    }

    boost::asio::awaitable<Result<net::Response>> pour(std::string body, std::size_t cutAfter,
                                                       net::ResponseHead head, net::BodySink& sink) {
        auto loop = co_await boost::asio::this_coro::executor;
        auto sent = body.substr(0, cutAfter);
        constexpr std::size_t piece = 1500;
        for (std::size_t at = 0; at < sent.size(); at += piece) {
            auto bytes = std::as_bytes(std::span(sent)).subspan(at, std::min(piece, sent.size() - at));
            if (auto taken = sink.data(bytes); !taken) co_return std::unexpected(taken.error());
            if (longestTurns > 0) co_await boost::asio::post(loop, boost::asio::use_awaitable);
        }
        if (cutAfter < body.size()) co_return fail(Kind::network, "It broke off.", true);
        net::Response response{.head = std::move(head), .body = {}, .hops = {}};
        co_return response;
    }

    std::mt19937_64 chance_;
    std::map<std::string, unsigned> before_;
};

/// Keeps what a part file would: bytes, validator, and the last mark.
class MemoryTarget final : public streams::Target {
  public:
    std::uint64_t size() const override { return bytes.size(); }
    net::Validator validator() const override { return held; }
    Result<void> goOn() override {
        ++resumed;
        return {};
    }
    Result<void> startOver(const net::Validator& validator) override {
        ++begun;
        held = validator;
        bytes.clear();
        marked = place = 0;
        return {};
    }
    Result<void> append(std::span<const std::byte> more) override {
        if (bytes.size() + more.size() > room) return fail(Kind::disk_full, "full");
        bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
        return {};
    }
    std::uint64_t cursor() const override { return place; }
    void mark(std::uint64_t cursor) override {
        place = cursor;
        marked = bytes.size();
    }
    std::unique_ptr<media::ByteSource> content() const override {
        return std::make_unique<media::MemorySource>(std::as_bytes(std::span(bytes)));
    }
    /// As after kill -9: what was not marked is cut off.
    void restart() { bytes.resize(marked); }

    std::string bytes;
    net::Validator held;
    std::uint64_t place = 0, marked = 0, room = UINT64_MAX;
    int begun = 0, resumed = 0;
};

/// Sleeps take a turn of the loop and are remembered.
class TurningClock {
  public:
    std::vector<std::int64_t> pauses;
    std::function<void()> onPause = [] {};

    net::Timing timing() {
        auto sleep = [this](std::chrono::milliseconds pause,
                            std::stop_token stop) -> boost::asio::awaitable<Result<void>> {
            pauses.push_back(pause.count());
            onPause();
            auto loop = co_await boost::asio::this_coro::executor;
            co_await boost::asio::post(loop, boost::asio::use_awaitable);
            if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
            co_return Result<void>{};
        };
        return {.sleep = sleep, .chance = [] { return 1.0; }};
    }
};

/// Everything that a way is fetched with, and a loop to run it on.
class StreamsTest : public testing::Test {
  protected:
    explicit StreamsTest(std::uint64_t seed = 1) : site(seed) {}

    static constexpr const char* root = "https://cdn.example/s/";
    void put(const std::string& name, std::string content) { site.files[root + name] = std::move(content); }
    static net::Url at(const std::string& name) { return *net::Url::parse(root + name); }

    streams::Visit visit() {
        return {.http = site,
                .credentials = credentials,
                .timing = timing_,
                .judgeHop = judgeHop,
                .judgeHead = judgeHead,
                .worker = loop.get_executor(),
                .stop = stop.get_token(),
                .finish = finish.get_token()};
    }
    template <class T>
    T await(boost::asio::awaitable<T> work) {
        std::optional<T> outcome;
        boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr fault, T value) {
            if (fault) std::rethrow_exception(fault);
            outcome = std::move(value);
        });
        loop.restart();
        loop.run();
        return std::move(*outcome);
    }
    Result<void> fetch(const streams::Way& way, MemoryTarget& target) {
        streams::Way::OnProgress onProgress = [this](std::uint64_t done, std::uint64_t total) {
            progress.emplace_back(done, total);
        };
        return await(way.fetch(visit(), target, onProgress));
    }

    boost::asio::io_context loop;
    FakeSite site;
    TurningClock clock;
    std::stop_source stop, finish;
    net::Credentials* credentials = nullptr;
    std::function<Result<void>(const net::Url&, const net::Url&)> judgeHop;
    net::JudgeHead judgeHead;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> progress;

  private:
    net::Timing timing_ = clock.timing();
};

/// A segment of packed MP3: frames that say which segment they belong to.
inline std::string mp3Segment(unsigned number, unsigned frames = 3) {
    std::string segment;
    for (unsigned i = 0; i < frames; ++i) {
        // MPEG-1 layer III, 128 kbit/s, 44.1 kHz.
        std::string frame = "\xFF\xFB\x90\x04";
        frame += "segment " + std::to_string(number) + " frame " + std::to_string(i) + " ";
        frame.resize(417, static_cast<char>('a' + number % 26));
        segment += frame;
    }
    return segment;
}

}  // namespace auricle::test
