// A server of one resource that grants ranges, or not, or lies about them: an HttpClient without a network.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/retry.h"

namespace auricle::test {

/// What goes wrong with one answer.
struct RangeFault {
    std::size_t cutAfter = std::string::npos;  ///< bytes of the body
    int status = 0;                            ///< instead of the honest answer
    long shifts = 0;                           ///< gives other bytes than were asked for, and says so
    bool lacksBytes = false;                   ///< says the right range and sends less
    bool hasExtraBytes = false;
};

struct RangeManners {
    bool grantsRanges = true;
    std::size_t mostRanges = 1000;  ///< in one request; beyond, `beyond` is what it does
    enum class Beyond { whole, firstOnly, refusal } beyond = Beyond::whole;
    bool isHttp2 = true;
    bool coalesces = false;  ///< joins ranges with gaps below 100 bytes
    bool reverses = false;   ///< sends parts in the opposite order
    bool hasLength = true;
    std::string etag = "\"v1\"";
};

class RangeServer final : public net::HttpClient {
  public:
    explicit RangeServer(std::string content, RangeManners how = {})
        : manners(std::move(how)), content_(std::move(content)) {}

    boost::asio::awaitable<Result<net::Response>> send(net::Request) override {
        co_return fail(Kind::internal, "no sink");
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override {
        ++requests;
        mostUnderWay = std::max(mostUnderWay, ++underWay_);
        auto answered = co_await answer(request, sink);
        --underWay_;
        co_return answered;
    }

    void replace(std::string content, std::string etag) {
        content_ = std::move(content);
        manners.etag = std::move(etag);
    }

    RangeManners manners;
    std::deque<RangeFault> faults;  ///< one for each request, then none
    /// Called for each request with its Range; may change the server.
    std::function<void(const std::string& range)> onRequest = [](const std::string&) {};
    std::size_t requests = 0, manyRequests = 0, wholeAnswers = 0, mostUnderWay = 0;
    std::uint64_t sentBytes = 0;

  private:
    using Span = std::pair<std::uint64_t, std::uint64_t>;  ///< first, one after the last

    std::vector<Span> spansOf(const std::string& header) const {
        std::vector<Span> spans;
        for (std::size_t at = 6; at < header.size();) {
            auto end = std::min(header.find(',', at), header.size());
            auto dash = header.find('-', at);
            auto last =
                dash + 1 < end ? std::stoull(header.substr(dash + 1, end - dash - 1)) + 1 : content_.size();
            spans.emplace_back(std::stoull(header.substr(at, dash - at)),
                               std::min<std::uint64_t>(last, content_.size()));
            at = end + 1;
        }
        return spans;
    }

    struct Answer {
        net::ResponseHead head;
        std::string body;
    };

    Answer whole(const net::Url& url) {
        ++wholeAnswers;
        Answer answer{.head = {.status = 200, .headers = {}, .url = url}, .body = content_};
        if (manners.hasLength) answer.head.headers.add("Content-Length", std::to_string(content_.size()));
        return answer;
    }

    std::string rangeText(Span span) const {
        return "bytes " + std::to_string(span.first) + "-" + std::to_string(span.second - 1) + "/" +
               std::to_string(content_.size());
    }

    Answer partial(const net::Url& url, std::vector<Span> spans, const RangeFault& fault) {
        Answer answer{.head = {.status = 206, .headers = {}, .url = url}, .body = {}};
        for (auto& [first, last] : spans) {
            first = static_cast<std::uint64_t>(static_cast<long>(first) + fault.shifts);
            last = std::min<std::uint64_t>(static_cast<std::uint64_t>(static_cast<long>(last) + fault.shifts),
                                           content_.size());
        }
        if (spans.size() == 1) {
            answer.head.headers.add("Content-Range", rangeText(spans[0]));
            answer.head.headers.add("Content-Type", "video/mp4");
            answer.body = content_.substr(spans[0].first, spans[0].second - spans[0].first);
            return answer;
        }
        ++manyRequests;
        if (manners.coalesces) {
            std::vector<Span> joined{spans[0]};
            for (const auto& span : spans) {
                if (span.first <= joined.back().second + 100)
                    joined.back().second = std::max(joined.back().second, span.second);
                else
                    joined.push_back(span);
            }
            spans = joined;
        }
        if (manners.reverses) std::ranges::reverse(spans);
        answer.head.headers.add("Content-Type", "multipart/byteranges; boundary=\"x 7\"");
        for (const auto& span : spans) {
            answer.body +=
                "\r\n--x 7\r\nContent-Type: video/mp4\r\ncontent-range: " + rangeText(span) + "\r\n\r\n";
            answer.body += content_.substr(span.first, span.second - span.first);
        }
        answer.body += "\r\n--x 7--\r\n";
        return answer;
    }

    Answer honest(const net::Request& request, const std::string& range, const RangeFault& fault) {
        bool isCurrent = true;
        for (const auto& header : request.headers)
            if (header.name == "If-Range") isCurrent = header.value == manners.etag;
        if (range.empty() || !manners.grantsRanges || !isCurrent) return whole(request.url);
        auto spans = spansOf(range);
        if (spans.size() <= manners.mostRanges) return partial(request.url, spans, fault);
        if (manners.beyond == RangeManners::Beyond::refusal)
            return {.head = {.status = 416, .headers = {}, .url = request.url}, .body = {}};
        if (manners.beyond == RangeManners::Beyond::firstOnly) return partial(request.url, {spans[0]}, fault);
        return whole(request.url);
    }

    boost::asio::awaitable<Result<net::Response>> answer(const net::Request& request, net::BodySink& sink) {
        std::string range;
        for (const auto& header : request.headers)
            if (header.name == "Range") range = header.value;
        onRequest(range);
        RangeFault fault;
        if (!faults.empty()) {
            fault = faults.front();
            faults.pop_front();
        }
        auto answer = honest(request, range, fault);
        if (fault.status)
            answer = {.head = {.status = fault.status, .headers = {}, .url = request.url}, .body = "no"};
        if (!manners.etag.empty()) answer.head.headers.add("ETag", manners.etag);
        answer.head.isMultiplexed = manners.isHttp2;
        if (fault.lacksBytes && !answer.body.empty()) answer.body.pop_back();
        if (fault.hasExtraBytes) answer.body += "extra";
        co_await boost::asio::post(boost::asio::use_awaitable);
        if (auto begun = sink.begin(answer.head); !begun) co_return std::unexpected(begun.error());
        auto end = std::min(answer.body.size(), fault.cutAfter);
        for (std::size_t at = 0; at < end;) {
            auto count = std::min<std::size_t>(end - at, 1 + random_() % 40'000);
            sentBytes += count;
            auto bytes = std::as_bytes(std::span(answer.body).subspan(at, count));
            if (auto taken = sink.data(bytes); !taken) co_return std::unexpected(taken.error());
            at += count;
            co_await boost::asio::post(boost::asio::use_awaitable);
            if (request.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        }
        if (fault.cutAfter < answer.body.size())
            co_return fail(Kind::network, "The connection was cut.", true);
        net::Response response;
        response.head = answer.head;
        co_return response;
    }

    std::string content_;
    std::size_t underWay_ = 0;
    std::mt19937 random_{20261121};
};

/// Sleeps no time at all.
inline net::Timing hurriedTiming() {
    return {
        .sleep = [](std::chrono::milliseconds, std::stop_token stop) -> boost::asio::awaitable<Result<void>> {
            if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
            co_return Result<void>{};
        },
        .chance = [] { return 0.5; }};
}

}  // namespace auricle::test
