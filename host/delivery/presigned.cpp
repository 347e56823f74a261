#include "delivery/presigned.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "delivery/backend_answer.h"
#include "delivery/backend_json.h"
#include "delivery/file_part.h"

namespace auricle::delivery {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr unsigned mostFreshPlaces = 2;
constexpr std::uint64_t mostAnswerBytes = 64u << 10;
// A store may copy all parts into one before it answers.
constexpr std::uint32_t joinWithinMs = 300'000;
constexpr std::size_t longestEtag = 200;

std::string partsAsJson(const std::vector<std::string>& etags) {
    json parts = json::array();
    for (std::size_t i = 0; i < etags.size(); ++i) parts.push_back({{"number", i + 1}, {"etag", etags[i]}});
    return written(json{{"parts", std::move(parts)}});
}

}  // namespace

PresignedUpload::PresignedUpload(PresignedJob job, Visit visit) : job_(std::move(job)), visit_(visit) {}

asio::awaitable<Result<void>> PresignedUpload::run(UploadPlace place) {
    for (unsigned freshPlaces = 0;;) {
        if (auto judged = judge(place); !judged) co_return judged;
        place_ = std::move(place);
        auto stored = co_await sendAll();
        if (stored && *stored == Stored::yes) stored = co_await join();
        if (!stored) co_return std::unexpected(std::move(stored.error()));
        if (*stored == Stored::yes) co_return Result<void>{};
        if (++freshPlaces > mostFreshPlaces)
            co_return fail(
                Kind::upload_rejected,
                "The addresses that " + job_.backend.host() +
                    " gave for the upload expired or were gone again and again. Its maintainer has "
                    "to look.");
        auto fresh = co_await job_.freshPlace();
        if (!fresh) co_return std::unexpected(std::move(fresh.error()));
        place = std::move(*fresh);
    }
}

Result<void> PresignedUpload::judge(const UploadPlace& place) const {
    const bool isPresigned = place.protocol == UploadPlace::Protocol::presigned;
    const bool isWhole = isPresigned && place.parts.size() == job_.bytes / place.partBytes +
                                                                  (job_.bytes % place.partBytes != 0);
    if (isWhole) return {};
    return std::unexpected(
        nonsense(job_.backend,
                 "gave addresses for another number of parts than there are. Its maintainer has to look"));
}

std::uint64_t PresignedUpload::bytesOf(std::size_t index) const {
    return std::min(place_.partBytes, job_.bytes - index * place_.partBytes);
}

asio::awaitable<Result<PresignedUpload::Stored>> PresignedUpload::sendAll() {
    etags_.assign(place_.parts.size(), {});
    next_ = 0;
    storedBytes_ = 0;
    early_.reset();
    abort_ = {};
    if (job_.uploaded) job_.uploaded(0);
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor, asio::steady_timer::time_point::max());
    std::exception_ptr bug;
    std::size_t running = std::min<std::size_t>(job_.atOnce, place_.parts.size());
    std::stop_callback onStop(visit_.stop, [this] { abort_.request_stop(); });
    auto onEnd = [&](std::exception_ptr fault) {
        if (fault) bug = fault;
        if (--running == 0) ended.cancel();
    };
    for (auto left = running; left > 0; --left) asio::co_spawn(executor, sendSome(), onEnd);
    while (running > 0) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    if (bug) std::rethrow_exception(bug);
    if (visit_.stop.stop_requested()) co_return fail(Kind::cancelled, "The capture was stopped.");
    if (early_) co_return std::move(*early_);
    co_return Stored::yes;
}

/// Takes one part after the other, until none is left or the upload ends for another reason.
asio::awaitable<void> PresignedUpload::sendSome() {
    while (next_ < place_.parts.size() && !abort_.stop_requested()) {
        const std::size_t index = next_++;
        auto stored = co_await sendPart(index);
        if (!stored || *stored != Stored::yes) end(std::move(stored));
    }
}

/// The first that ends the upload says why: what the others meet from then on only follows from it.
void PresignedUpload::end(Result<Stored> how) {
    if (!early_) early_ = std::move(how);
    abort_.request_stop();
}

asio::awaitable<Result<PresignedUpload::Stored>> PresignedUpload::sendPart(std::size_t index) {
    std::function<asio::awaitable<Result<Stored>>()> attempt = [this, index] { return sendPartOnce(index); };
    const std::stop_token stop = abort_.get_token();
    co_return co_await net::withRetry<Stored>(job_.policy, visit_.timing, stop, attempt);
}

asio::awaitable<Result<PresignedUpload::Stored>> PresignedUpload::sendPartOnce(std::size_t index) {
    auto url = net::Url::parse(place_.parts[index].reveal());
    if (!url) co_return std::unexpected(std::move(url.error()));
    FilePart part(job_.file, index * place_.partBytes, bytesOf(index));
    net::Request request;
    request.method = "PUT";
    request.url = std::move(*url);
    request.source = &part;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.http1 = true;
    request.stop = abort_.get_token();
    auto response = co_await visit_.http.send(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return judgePart(*response, index);
}

Result<PresignedUpload::Stored> PresignedUpload::judgePart(const net::Response& response, std::size_t index) {
    const int status = response.head.status;
    // 401 and 403: the signature has expired. It is no matter of the person's token.
    if (status == 401 || status == 403 || status == 404 || status == 410) return Stored::placeIsGone;
    if (status < 200 || status > 299) {
        // Stores speak XML, and quote what was signed: nothing of it is repeated.
        net::Response wordless{.head = response.head, .body = {}, .hops = {}};
        return std::unexpected(refusal(wordless, job_.bytes, {}));
    }
    const auto etag = response.head.headers.find("etag");
    if (!etag || etag->empty() || etag->size() > longestEtag)
        return std::unexpected(nonsense(
            response.head.url, "stored a part of the recording without an ETag. Its maintainer has to look"));
    etags_[index] = *etag;
    storedBytes_ += bytesOf(index);
    if (job_.uploaded) job_.uploaded(storedBytes_);
    return Stored::yes;
}

asio::awaitable<Result<PresignedUpload::Stored>> PresignedUpload::join() {
    const std::string body = partsAsJson(etags_);
    std::function<asio::awaitable<Result<net::Response>>()> attempt = [this, &body] {
        return joinOnce(body);
    };
    auto response = co_await net::withRetry<net::Response>(job_.policy, visit_.timing, visit_.stop, attempt);
    if (!response) co_return std::unexpected(std::move(response.error()));
    const int status = response->head.status;
    if (status == 404 || status == 410) co_return Stored::placeIsGone;
    if (status >= 200 && status <= 299) co_return Stored::yes;
    const vault::Secret token = tokenFor(visit_.credentials, response->head.url);
    const std::array secrets{token.reveal(), std::string_view(response->head.url.path())};
    co_return std::unexpected(refusal(*response, job_.bytes, secrets));
}

asio::awaitable<Result<net::Response>> PresignedUpload::joinOnce(const std::string& body) {
    auto url = net::Url::parse(place_.url.reveal());
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request;
    request.method = "POST";
    request.url = std::move(*url);
    request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
    request.body = body;
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.totalTimeoutMs = request.stallMs = joinWithinMs;
    request.http1 = true;
    request.stop = visit_.stop;
    auto response = co_await visit_.http.send(std::move(request));
    if (response && net::statusMayPass(response->head.status))
        co_return std::unexpected(refusal(*response, job_.bytes, {}));
    co_return response;
}

}  // namespace auricle::delivery
