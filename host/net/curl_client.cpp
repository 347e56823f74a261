#include "net/curl_client.h"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <map>

#include "net/curl_multi.h"
#include "net/curl_transfer.h"

namespace auricle::net {

namespace asio = boost::asio;

/// The connections, and which transfers share the configured rate. What carries a secret goes over
/// connections of its own: they can be closed while a long download that carries none goes on over the
/// others.
class CurlClient::Pool {
  public:
    Pool(asio::any_io_executor executor, NetworkOptions options)
        : executor_(std::move(executor)), options_(std::move(options)) {}

    /// Takes a transfer out of the pool when it is destroyed.
    struct Leave {
        Pool* pool;
        void operator()(CurlTransfer* transfer) const {
            pool->running_.erase(transfer);
            delete transfer;
            pool->share();
        }
    };
    using Joined = std::unique_ptr<CurlTransfer, Leave>;

    /// The pool and the request must outlive it.
    Joined begin(const Request& request, Hop hop, BodySink* sink) {
        const auto secrets = HopSecrets::of(request, hop.url);
        const bool isSecret = !secrets.isEmpty();
        auto& loop = (isSecret ? secret_ : plain_).at(request.http1 ? 1 : 0);
        if (!loop) loop = std::make_shared<CurlMulti>(executor_);
        Joined transfer(new CurlTransfer(loop, options_, request, std::move(hop), secrets, sink), {this});
        running_.emplace(transfer.get(), isSecret);
        share();
        return transfer;
    }
    void forgetConnections() { secret_ = {}; }
    void forgetSecrets() {
        secret_ = {};
        for (auto& [transfer, isSecret] : running_) {
            if (isSecret) transfer->drop();
        }
    }

  private:
    void share() {
        if (options_.maxBytesPerSecond == 0 || running_.empty()) return;
        auto each = std::max<std::uint64_t>(options_.maxBytesPerSecond / running_.size(), 1);
        for (auto& [transfer, isSecret] : running_) transfer->limitRate(each);
    }

    asio::any_io_executor executor_;
    NetworkOptions options_;
    /// The second is for what insists on HTTP/1.1: once a host has spoken HTTP/2, libcurl 7.88 takes a busy
    /// HTTP/1.1 connection to it for one that carries several requests, and one gets the other's answer.
    std::array<std::shared_ptr<CurlMulti>, 2> plain_, secret_;
    std::map<CurlTransfer*, bool> running_;  ///< true: carries a secret
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
    : pool_(std::make_shared<Pool>(std::move(executor), std::move(options))) {}

CurlClient::~CurlClient() = default;

asio::awaitable<Result<Response>> CurlClient::send(Request request) {
    return follow(std::move(request), nullptr);
}

asio::awaitable<Result<Response>> CurlClient::send(Request request, BodySink& sink) {
    return follow(std::move(request), &sink);
}

void CurlClient::forgetConnections() {
    pool_->forgetConnections();
}

void CurlClient::forgetSecrets() {
    pool_->forgetSecrets();
}

asio::awaitable<Result<Response>> CurlClient::follow(Request request, BodySink* sink) {
    auto pool = pool_;
    Response response;
    Url url = request.url;
    std::string method = request.method;
    bool sendsBody = true;
    for (int followed = 0;; ++followed) {
        response.hops.push_back(url);
        Hop hop{.url = url,
                .method = method,
                .sendsBody = sendsBody,
                .followsRedirects = request.maxRedirects > 0};
        auto transfer = pool->begin(request, std::move(hop), sink);
        auto outcome = co_await transfer->run();
        if (!outcome) co_return std::unexpected(std::move(outcome.error()));
        auto location = transfer->head().headers.find("location");
        if (request.maxRedirects == 0 || !isRedirect(transfer->head().status) || !location) {
            response.head = std::move(transfer->head());
            response.body = std::move(transfer->body());
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
        int status = transfer->head().status;
        if (status == 303 ? method != "HEAD" : (status == 301 || status == 302) && method == "POST") {
            method = "GET";
            sendsBody = false;
        }
        url = std::move(*next);
    }
}

}  // namespace auricle::net
