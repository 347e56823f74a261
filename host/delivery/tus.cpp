#include "delivery/tus.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "delivery/backend_answer.h"
#include "delivery/file_part.h"
#include "system/files.h"
#include "system/worker.h"

namespace auricle::delivery {

namespace asio = boost::asio;

namespace {

constexpr unsigned mostFreshPlaces = 2;
constexpr unsigned mostRepeats = 3;
/// While a file grows: small enough for little to be left when it is whole, large enough for the round trip
/// of each part not to count.
constexpr std::uint64_t leastPartBytes = 2u << 20;
/// What a broken connection may cost of a part that a checksum makes worthless.
constexpr std::chrono::seconds longestPart{12};
constexpr std::uint32_t optionsWithinMs = 10'000;
constexpr std::uint32_t headWithinMs = 60'000;
constexpr std::uint64_t mostAnswerBytes = 64u << 10;
constexpr std::size_t readBytes = 256u << 10;
constexpr int checksumMismatch = 460;  // tus 1.0.0, Checksum

std::optional<std::uint64_t> number(const net::Headers& headers, std::string_view name) {
    const auto text = headers.find(name);
    std::uint64_t value = 0;
    if (!text || text->empty()) return std::nullopt;
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (fault != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return value;
}

/// Is `word` one of a header's comma-separated words?
bool lists(const net::Headers& headers, std::string_view name, std::string_view word) {
    std::string_view rest = headers.find(name).value_or("");
    while (!rest.empty()) {
        auto item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item == word) return true;
    }
    return false;
}

std::optional<Digest::Algorithm> checksumOf(const net::Headers& headers) {
    if (!lists(headers, "Tus-Extension", "checksum")) return std::nullopt;
    if (lists(headers, "Tus-Checksum-Algorithm", "sha256")) return Digest::Algorithm::sha256;
    if (lists(headers, "Tus-Checksum-Algorithm", "sha1")) return Digest::Algorithm::sha1;
    return std::nullopt;
}

std::string base64(std::span<const std::byte> bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

/// The value of Upload-Checksum for one part. Reads it once more than sending does, so that a part is never
/// held whole.
Result<std::string> checksumHeader(int file, std::uint64_t offset, std::uint64_t bytes,
                                   Digest::Algorithm algorithm) {
    Digest digest(algorithm);
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, readBytes)));
    for (FilePart part(file, offset, bytes);;) {
        auto got = part.read(buffer);
        if (!got) return std::unexpected(got.error());
        if (*got == 0) break;
        digest.update(std::span(buffer).first(*got));
    }
    return (algorithm == Digest::Algorithm::sha256 ? "sha256 " : "sha1 ") + base64(digest.value());
}

}  // namespace

TusUpload::TusUpload(TusJob job, Visit visit)
    : job_(std::move(job)), visit_(visit), partBytes_(job_.partBytes) {}

asio::awaitable<Result<void>> TusUpload::run(vault::Secret place, bool isFresh) {
    enterPlace(std::move(place));
    if (isFresh) confirm(0);
    while (!isDone()) {
        // A stream needs nothing of what is beyond the core.
        if (!isStreaming()) {
            if (auto learned = co_await learn(); !learned) co_return learned;
        }
        if (offset_ && job_.growing && available() < enoughToSend()) {
            if (auto more = co_await job_.growing->waitForMore(enoughToSend() - 1); !more)
                co_return Result<void>{};
            continue;
        }
        Step step;
        if (!offset_)
            step = co_await askOffset();
        else if (isStreaming())
            step = co_await sendStream();
        else
            step = co_await sendPart();
        if (step) continue;
        offset_.reset();
        partBytes_ = job_.partBytes;
        if (auto overcame = co_await overcome(std::move(step.error())); !overcame) co_return overcame;
    }
    co_return Result<void>{};
}

std::uint64_t TusUpload::enoughToSend() const {
    // What arrived before this process began may be ahead of what it has fetched again.
    const bool isTrickle = !isStreaming() || fellSilent_;
    const std::uint64_t enough = *offset_ + (isTrickle ? leastPartBytes : 1);
    return job_.bytes ? std::min(enough, job_.bytes) : enough;
}

void TusUpload::enterPlace(vault::Secret place) {
    place_ = std::move(place);
    offset_.reset();
    broken_.reset();
    best_ = 0;
    mustDeclareLength_ = false;
}

void TusUpload::confirm(std::uint64_t offset) {
    offset_ = offset;
    if (offset > best_) {
        best_ = offset;
        failures_ = damaged_ = 0;
    }
    if (job_.uploaded) job_.uploaded(offset);
}

Result<net::Request> TusUpload::request(std::string method) const {
    auto url = net::Url::parse(place_.reveal());
    if (!url) return fail(Kind::upload_rejected, "The backend named no usable address for the upload.");
    net::Request request;
    request.method = std::move(method);
    request.url = std::move(*url);
    request.headers = {{"Tus-Resumable", "1.0.0"}};
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.http1 = true;
    request.stop = visit_.stop;
    return request;
}

/// What the server can do beyond the core. A server that does not answer OPTIONS is used without it.
asio::awaitable<Result<void>> TusUpload::learn() {
    if (std::exchange(hasLearned_, true)) co_return Result<void>{};
    auto asked = request("OPTIONS");
    if (!asked) co_return std::unexpected(asked.error());
    asked->totalTimeoutMs = optionsWithinMs;
    auto response = co_await visit_.http.send(std::move(*asked));
    if (!response || response->head.status < 200 || response->head.status > 299) co_return Result<void>{};
    checksum_ = checksumOf(response->head.headers);
    const auto limit = number(response->head.headers, "Tus-Max-Size");
    if (!limit || job_.bytes == 0 || *limit >= job_.bytes) co_return Result<void>{};
    co_return std::unexpected(Error{.kind = Kind::too_large,
                                    .message = "The recording is larger than the backend accepts.",
                                    .sizeBytes = job_.bytes,
                                    .limitBytes = limit});
}

asio::awaitable<TusUpload::Step> TusUpload::askOffset() {
    auto asked = request("HEAD");
    if (!asked) co_return std::unexpected(Setback{Setback::Next::giveUp, asked.error()});
    asked->totalTimeoutMs = headWithinMs;
    auto response = co_await visit_.http.send(std::move(*asked));
    if (!response) co_return std::unexpected(setbackOf(response.error()));
    if (response->head.status != 200 && response->head.status != 204)
        co_return std::unexpected(setbackOf(*response));
    co_return readOffset(*response);
}

TusUpload::Step TusUpload::readOffset(const net::Response& response) {
    const auto& headers = response.head.headers;
    const auto offset = number(headers, "Upload-Offset");
    const auto length = number(headers, "Upload-Length");
    const auto& url = response.head.url;
    if (!offset)
        return std::unexpected(
            Setback{Setback::Next::giveUp,
                    nonsense(url, "does not speak tus at the address that it gave for the upload")});
    if (length && job_.bytes > 0 && *length != job_.bytes)
        return std::unexpected(Setback{Setback::Next::freshPlace,
                                       nonsense(url, "expects a recording of another size at that address")});
    if (isTooMany(*offset))
        return std::unexpected(Setback{Setback::Next::giveUp,
                                       nonsense(url, "claims to have more of the recording than there is")});
    mustDeclareLength_ = !length && headers.find("Upload-Defer-Length") == "1";
    if (broken_ && *offset <= *broken_) stopStreaming();
    broken_.reset();
    confirm(*offset);
    return {};
}

Result<net::Request> TusUpload::patch() const {
    auto asked = request("PATCH");
    if (!asked) return asked;
    asked->headers.push_back({"Content-Type", "application/offset+octet-stream"});
    asked->headers.push_back({"Upload-Offset", std::to_string(*offset_)});
    if (mustDeclareLength_ && job_.bytes > 0)
        asked->headers.push_back({"Upload-Length", std::to_string(job_.bytes)});
    return asked;
}

asio::awaitable<TusUpload::Step> TusUpload::sendStream() {
    auto asked = patch();
    if (!asked) co_return std::unexpected(Setback{Setback::Next::giveUp, asked.error()});
    auto loop = co_await asio::this_coro::executor;
    GrowingBody body(std::move(loop), job_.file, *offset_, *job_.growing, job_.streamLimits, job_.now);
    asked->source = &body;
    // What libcurl counts are chunks with their frames.
    if (job_.sent)
        asked->onSent = [this, &body, from = *offset_](std::uint64_t bytes) {
            job_.sent(from + std::min(bytes, body.bytes()));
        };
    auto response = co_await visit_.http.send(std::move(*asked));
    fellSilent_ = body.fellSilent();
    if (!response) {
        broken_ = *offset_;
        co_return std::unexpected(setbackOf(response.error()));
    }
    if (response->head.status != 204 && response->head.status != 200)
        co_return std::unexpected(setbackOfStream(*response));
    auto progress = readProgress(*response, body.bytes());
    if (!progress && body.bytes() > 0) stopStreaming();
    co_return progress;
}

TusUpload::Setback TusUpload::setbackOfStream(const net::Response& response) {
    Setback setback = setbackOf(response);
    constexpr std::array saidOfAny{401, 403, 404, 408, 409, 410, 412, 415, 423, 425, 429};
    const bool isAboutStream = std::ranges::find(saidOfAny, response.head.status) == saidOfAny.end();
    if (!isAboutStream) return setback;
    stopStreaming();
    if (setback.next != Setback::Next::wait) setback.next = Setback::Next::sendInParts;
    return setback;
}

asio::awaitable<TusUpload::Step> TusUpload::sendPart() {
    const std::uint64_t offset = *offset_;
    const std::uint64_t bytes = std::min(partBytes_, available() - offset);
    auto asked = patch();
    if (!asked) co_return std::unexpected(Setback{Setback::Next::giveUp, asked.error()});
    if (checksum_) {
        auto sum = co_await onWorker(job_.worker, [file = job_.file, offset, bytes, algorithm = *checksum_] {
            return checksumHeader(file, offset, bytes, algorithm);
        });
        if (!sum) co_return std::unexpected(Setback{Setback::Next::giveUp, sum.error()});
        asked->headers.push_back({"Upload-Checksum", *sum});
    }
    FilePart part(job_.file, offset, bytes);
    asked->source = &part;
    if (job_.sent) asked->onSent = [this, offset](std::uint64_t sentBytes) { job_.sent(offset + sentBytes); };
    const auto began = job_.now();
    auto response = co_await visit_.http.send(std::move(*asked));
    if (!response) co_return std::unexpected(setbackOf(response.error()));
    if (isPartTooLarge(response->head.status, bytes)) {
        job_.mostPartBytes = job_.partBytes;
        co_return std::unexpected(Setback{Setback::Next::sendAgain, setbackOf(*response).error});
    }
    if (response->head.status != 204 && response->head.status != 200)
        co_return std::unexpected(setbackOf(*response));
    chooseNextPart(bytes, job_.now() - began);
    co_return readProgress(*response, bytes);
}

void TusUpload::chooseNextPart(std::uint64_t sentBytes, std::chrono::steady_clock::duration took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const double fits = static_cast<double>(sentBytes) * std::chrono::duration<double>(longestPart).count();
    const auto most = static_cast<double>(std::max(job_.mostPartBytes, job_.partBytes));
    partBytes_ = static_cast<std::uint64_t>(
        fits < most * seconds ? std::max(fits / seconds, static_cast<double>(job_.partBytes)) : most);
}

TusUpload::Step TusUpload::readProgress(const net::Response& response, std::uint64_t partBytes) {
    const auto offset = number(response.head.headers, "Upload-Offset");
    const auto& url = response.head.url;
    if (offset && isTooMany(*offset))
        return std::unexpected(Setback{Setback::Next::giveUp,
                                       nonsense(url, "claims to have more of the recording than there is")});
    if (!offset || *offset <= *offset_ || *offset > *offset_ + partBytes) {
        Error error = nonsense(url, "took a part of the recording without saying how much of it");
        error.retryable = true;
        return std::unexpected(Setback{Setback::Next::wait, std::move(error)});
    }
    if (job_.bytes > 0) mustDeclareLength_ = false;
    confirm(*offset);
    return {};
}

TusUpload::Setback TusUpload::setbackOf(const Error& error) const {
    return {mayPass(error) ? Setback::Next::wait : Setback::Next::giveUp, error};
}

TusUpload::Setback TusUpload::setbackOf(const net::Response& response) const {
    const int status = response.head.status;
    const vault::Secret token = tokenFor(visit_.credentials, response.head.url);
    const std::array secrets{token.reveal(), std::string_view(response.head.url.path())};
    Error error = refusal(response, job_.bytes, secrets);
    if (status == 404 || status == 410) return {Setback::Next::freshPlace, std::move(error)};
    if (status == checksumMismatch) return {Setback::Next::sendAgain, std::move(error)};
    if (status == 409 || status == 423) {
        error.retryable = true;
        return {Setback::Next::wait, std::move(error)};
    }
    return {mayPass(error) ? Setback::Next::wait : Setback::Next::giveUp, std::move(error)};
}

asio::awaitable<Result<void>> TusUpload::overcome(Setback setback) {
    switch (setback.next) {
        case Setback::Next::wait:
            co_return co_await pause(std::move(setback.error));
        case Setback::Next::freshPlace:
            co_return co_await moveOn();
        case Setback::Next::sendAgain:
            if (++damaged_ <= mostRepeats) co_return Result<void>{};
            co_return fail(Kind::upload_rejected,
                           "A part of the recording arrived damaged at the backend again and again. "
                           "Something on the way "
                           "changes what is sent; try another network.");
        case Setback::Next::sendInParts:
            co_return Result<void>{};
        case Setback::Next::giveUp:
            break;
    }
    co_return std::unexpected(std::move(setback.error));
}

asio::awaitable<Result<void>> TusUpload::moveOn() {
    if (++freshPlaces_ > mostFreshPlaces)
        co_return fail(Kind::upload_rejected,
                       "The backend lost the upload's place again and again. Its maintainer has to look.");
    auto place = co_await job_.freshPlace();
    if (!place) co_return std::unexpected(place.error());
    enterPlace(std::move(*place));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> TusUpload::pause(Error error) {
    if (++failures_ >= job_.policy.attempts) co_return std::unexpected(std::move(error));
    const auto length = error.retryAfterMs ? std::chrono::milliseconds(*error.retryAfterMs)
                                           : net::backoff(job_.policy, failures_, visit_.timing.chance());
    co_return co_await visit_.timing.sleep(length, visit_.stop);
}

}  // namespace auricle::delivery
