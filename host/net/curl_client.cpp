#include "net/curl_client.h"

#include <boost/asio/awaitable.hpp>
#include <set>

#include "net/curl_multi.h"
#include "net/curl_transfer.h"

namespace auricle::net {

namespace asio = boost::asio;

/// libcurl's state, and which transfers share the configured rate.
class CurlClient::Multi {
  public:
    Multi(const asio::any_io_executor& executor, std::uint64_t maxBytesPerSecond)
        : loop(std::make_shared<CurlMulti>(executor)), maxBytesPerSecond_(maxBytesPerSecond) {}

    void join(CurlTransfer& transfer) {
        running_.insert(&transfer);
        share();
    }
    void leave(CurlTransfer& transfer) {
        running_.erase(&transfer);
        share();
    }

    std::shared_ptr<CurlMulti> loop;

  private:
    void share() {
        if (maxBytesPerSecond_ == 0 || running_.empty()) return;
        auto each = std::max<std::uint64_t>(maxBytesPerSecond_ / running_.size(), 1);
        for (auto* transfer : running_) transfer->limitRate(each);
    }

    std::uint64_t maxBytesPerSecond_;
    std::set<CurlTransfer*> running_;
};

namespace {

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The rules that hold for every hop, whoever asks (SAFETY "Secrets").
Result<Url> nextHop(const Url& from, std::string_view location) {
    auto to = from.resolve(location);
    if (!to) {
        return fail(Kind::forbidden,
                    from.host() + " redirects to an address that is not followed: " + to.error().message);
    }
    if (from.isHttps() && !to->isHttps()) {
        return fail(Kind::forbidden,
                    from.host() + " redirects from https to plain http, which is not followed.");
    }
    if (!from.isLoopback() && to->isLoopback()) {
        return fail(Kind::forbidden,
                    from.host() + " redirects to this machine itself, which is not followed.");
    }
    return to;
}

}  // namespace

CurlClient::CurlClient(asio::any_io_executor executor, NetworkOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

CurlClient::~CurlClient() = default;

asio::awaitable<Result<Response>> CurlClient::send(Request request) {
    return follow(std::move(request), nullptr);
}

asio::awaitable<Result<Response>> CurlClient::send(Request request, BodySink& sink) {
    return follow(std::move(request), &sink);
}

void CurlClient::forgetConnections() {
    multi_.reset();
}

asio::awaitable<Result<Response>> CurlClient::follow(Request request, BodySink* sink) {
    if (!multi_) multi_ = std::make_shared<Multi>(executor_, options_.maxBytesPerSecond);
    auto multi = multi_;
    Response response;
    Url url = request.url;
    std::string method = request.method;
    bool sendsBody = true;
    for (int followed = 0;; ++followed) {
        response.hops.push_back(url);
        CurlTransfer transfer(multi->loop, options_, request,
                              {.url = url,
                               .method = method,
                               .sendsBody = sendsBody,
                               .followsRedirects = request.maxRedirects > 0},
                              sink);
        multi->join(transfer);
        auto outcome = co_await transfer.run();
        multi->leave(transfer);
        if (!outcome) co_return std::unexpected(std::move(outcome.error()));
        auto location = transfer.head().headers.find("location");
        if (request.maxRedirects == 0 || !isRedirect(transfer.head().status) || !location) {
            response.head = std::move(transfer.head());
            response.body = std::move(transfer.body());
            co_return response;
        }
        if (followed == request.maxRedirects) {
            co_return fail(Kind::forbidden, request.url.host() + " redirects more than " +
                                                std::to_string(request.maxRedirects) +
                                                " times; it was not followed further.");
        }
        auto next = nextHop(url, *location);
        if (!next) co_return std::unexpected(std::move(next.error()));
        if (request.judge) {
            if (auto judged = request.judge(url, *next); !judged)
                co_return std::unexpected(std::move(judged.error()));
        }
        int status = transfer.head().status;
        if (status == 303 ? method != "HEAD" : (status == 301 || status == 302) && method == "POST") {
            method = "GET";
            sendsBody = false;
        }
        url = std::move(*next);
    }
}

}  // namespace auricle::net
