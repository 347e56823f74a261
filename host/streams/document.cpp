#include "streams/document.h"

#include <chrono>

#include "net/retry.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr int statusOk = 200, statusPartial = 206, statusUnauthorized = 401, statusForbidden = 403;
constexpr int statusNotFound = 404, statusGone = 410, statusTooMany = 429;
constexpr std::uint64_t mostDocumentBytes = 8u << 20;

std::string inBrackets(int status) {
    return " (status " + std::to_string(status) + ")";
}

Error passing(const net::ResponseHead& head) {
    bool isLimit = head.status == statusTooMany;
    return {.kind = isLimit ? Kind::rate_limited : Kind::network,
            .message = head.url.host() + (isLimit ? " asks to go slower" : " is in trouble") +
                       inBrackets(head.status) + ". Try again later.",
            .retryable = true,
            .retryAfterMs = net::retryAfterMs(head.headers, std::chrono::system_clock::now())};
}

Result<Document> judged(net::Response response, const Visit& visit) {
    const auto& head = response.head;
    if (head.status == statusNotFound || head.status == statusGone) {
        return fail(Kind::not_found, "A part of the recording's description is missing at " +
                                         head.url.host() + inBrackets(head.status) + ".");
    }
    if (auto allowed = judgeAnswer(head, visit); !allowed) return std::unexpected(std::move(allowed.error()));
    return Document{.text = std::move(response.body), .url = response.head.url};
}

}  // namespace

net::Request requestFor(const net::Url& url, const Visit& visit) {
    net::Request request{.url = url, .credentials = visit.credentials};
    request.judge = visit.judgeHop;
    request.maxBodyBytes = mostDocumentBytes;
    request.stop = visit.stop;
    return request;
}

Result<void> judgeAnswer(const net::ResponseHead& head, const Visit& visit) {
    bool isGood = head.status == statusOk || head.status == statusPartial;
    if (visit.judgeHead) {
        auto asked = head;
        if (isGood) asked.status = statusOk;
        if (auto allowed = visit.judgeHead(asked); !allowed) return allowed;
    }
    if (isGood) return {};
    if (head.status == statusUnauthorized || head.status == statusForbidden) {
        return fail(Kind::forbidden,
                    "The address of the sound at " + head.url.host() + " is not valid (any more)" +
                        inBrackets(head.status) + ". Try again.",
                    true);
    }
    if (net::statusMayPass(head.status)) return std::unexpected(passing(head));
    return fail(Kind::network,
                head.url.host() + " answered in a way that is not known" + inBrackets(head.status) + ".");
}

asio::awaitable<Result<Document>> documentOf(const net::Url& url, const Visit& visit) {
    // A signed address whose time is over stays so: the caller has to ask for a new one.
    std::optional<Error> refused;
    std::function<asio::awaitable<Result<Document>>()> attempt =
        [&url, &visit, &refused]() -> asio::awaitable<Result<Document>> {
        auto request = requestFor(url, visit);
        auto response = co_await visit.http.send(std::move(request));
        if (!response) co_return std::unexpected(std::move(response.error()));
        auto document = judged(std::move(*response), visit);
        if (document || document.error().kind != Kind::forbidden) co_return document;
        refused = document.error();
        document.error().retryable = false;
        co_return document;
    };
    net::RetryPolicy policy;
    auto document = co_await net::withRetry<Document>(policy, visit.timing, visit.stop, attempt);
    if (!document && refused && document.error().kind == Kind::forbidden)
        co_return std::unexpected(std::move(*refused));
    co_return document;
}

Result<net::Url> follow(const net::Url& from, std::string_view reference, const Visit& visit) {
    if (reference.empty()) return from;
    auto to = from.resolve(reference);
    if (!to) {
        return fail(Kind::not_media, "The recording's description at " + from.host() +
                                         " leads to an address that is not followed: " + to.error().message);
    }
    bool leavesTls = from.isHttps() && !to->isHttps();
    bool comesHere = !from.isLoopback() && to->isLoopback();
    if (leavesTls || comesHere) {
        return fail(Kind::not_media, "The recording's description at " + from.host() + " leads " +
                                         (comesHere ? "to this machine itself" : "to plain http") +
                                         ", which is not followed.");
    }
    if (visit.judgeHop && to->origin() != from.origin()) {
        if (auto allowed = visit.judgeHop(from, *to); !allowed)
            return std::unexpected(std::move(allowed.error()));
    }
    return to;
}

}  // namespace auricle::streams
