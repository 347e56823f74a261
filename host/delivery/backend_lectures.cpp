#include "delivery/backend_lectures.h"

#include <algorithm>
#include <array>

#include "delivery/backend_answer.h"
#include "delivery/backend_json.h"
#include "system/digest.h"

namespace auricle::delivery {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

// Some ten thousand addresses of presigned parts.
constexpr std::uint64_t mostAnswerBytes = 8u << 20;
constexpr std::uint32_t answerWithinMs = 60'000;
// A backend reads the whole upload once more before it says whether the digest agrees.
constexpr std::uint32_t completeWithinMs = 300'000;
constexpr std::uint32_t captionsWithinMs = 20'000;
constexpr std::uint32_t bestEffortMs = 5'000;
// Less than the 500 ms in which the process leaves (PROTOCOL section 1).
constexpr std::uint32_t afterStopMs = 400;
// Longer than a connection takes, and short enough for nobody to miss the time where nothing answers.
constexpr std::uint32_t knockWithinMs = 2'000;

/// A key may be anything that a client of ours made up, a header's value may not.
std::string headerKey(const std::string& key) {
    const bool isPlain = !key.empty() && key.size() <= 200 &&
                         std::ranges::all_of(key, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    if (isPlain) return key;
    Sha256 digest;
    digest.update(std::as_bytes(std::span(key)));
    return digest.hex();
}

bool isSuccess(int status) {
    return status == 200 || status == 201;
}

std::string lecturePath(const std::string& id, const char* rest = "") {
    return "/api/lectures/" + net::percentEncode(id) + rest;
}

}  // namespace

struct BackendLectures::Question {
    std::string method, path, body;
    std::string idempotencyKey{};
    std::vector<net::Header> about{{"Content-Type", "application/json"}};  ///< headers that tell of the body
    std::uint32_t withinMs = answerWithinMs;
    std::stop_token stop{};
};

BackendLectures::BackendLectures(net::Url backend, Visit visit, net::RetryPolicy policy)
    : backend_(std::move(backend)), visit_(visit), policy_(policy) {}

asio::awaitable<Result<net::Response>> BackendLectures::askOnce(const Question& question) {
    auto url = backend_.resolve(question.path);
    if (!url) co_return std::unexpected(url.error());
    net::Request request;
    request.method = question.method;
    request.url = *url;
    request.headers = {{"Accept", "application/json"}};
    if (!question.body.empty())
        request.headers.insert(request.headers.end(), question.about.begin(), question.about.end());
    if (!question.idempotencyKey.empty())
        request.headers.push_back({"Idempotency-Key", question.idempotencyKey});
    request.body = question.body;
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.connectTimeoutMs = std::min(request.connectTimeoutMs, question.withinMs);
    request.totalTimeoutMs = question.withinMs;
    request.stallMs = question.withinMs;
    // The upload that follows needs HTTP/1.1 (SPEED), and can then use the same connection.
    request.http1 = true;
    request.stop = question.stop;
    auto response = co_await visit_.http.send(std::move(request));
    if (!response && response.error().kind == Kind::too_large)
        co_return std::unexpected(nonsense(backend_, "answered with far more than such an answer holds"));
    if (response && net::statusMayPass(response->head.status)) co_return std::unexpected(refused(*response));
    co_return response;
}

asio::awaitable<Result<net::Response>> BackendLectures::ask(Question question) {
    question.stop = visit_.stop;
    std::function<asio::awaitable<Result<net::Response>>()> attempt = [this, &question] {
        return askOnce(question);
    };
    co_return co_await net::withRetry<net::Response>(policy_, visit_.timing, visit_.stop, attempt);
}

Error BackendLectures::refused(const net::Response& response) const {
    const vault::Secret token = tokenFor(visit_.credentials, backend_);
    const std::array secrets{token.reveal()};
    return refusal(response, offeredBytes_, secrets);
}

Result<Lecture> BackendLectures::lectureOf(const net::Response& response) const {
    auto body = objectOf(response, backend_);
    if (!body) return std::unexpected(body.error());
    Lecture lecture{
        .id = idOf(*body), .status = textOf(*body, "status"), .place = {}, .sha256 = textOf(*body, "sha256")};
    if (lecture.id.empty())
        return std::unexpected(
            nonsense(backend_, "registered the lecture without giving its id. Its maintainer has to look"));
    const auto accepts = body->find("accepts_captions");
    lecture.isNew = response.head.status == 201;
    lecture.acceptsCaptions = accepts != body->end() && accepts->is_boolean() && accepts->get<bool>();
    const auto upload = body->find("upload");
    if (lecture.status == "ready" || upload == body->end() || upload->is_null()) return lecture;
    auto place = uploadPlaceOf(*upload, backend_, accepts_);
    if (!place) return std::unexpected(place.error());
    lecture.place = std::move(*place);
    return lecture;
}

BackendLectures::Question BackendLectures::registering(const Registration& registration) const {
    json body{{"title", registration.title},
              {"source_url", registration.sourceUrl},
              {"site", registration.site},
              {"mime_type", registration.mime},
              {"accepts", registration.accepts}};
    if (registration.bytes != 0) body["size_bytes"] = registration.bytes;
    if (!registration.courseId.empty()) body["course_id"] = registration.courseId;
    if (registration.durationMs != 0) body["duration_ms"] = registration.durationMs;
    return {.method = "POST",
            .path = "/api/lectures",
            .body = written(body),
            .idempotencyKey = headerKey(registration.idempotencyKey)};
}

asio::awaitable<Result<std::optional<Lecture>>> BackendLectures::enter(Registration registration) {
    offeredBytes_ = registration.bytes;
    accepts_ = registration.accepts;
    Question question = registering(registration);
    auto response = co_await ask(std::move(question));
    if (!response) co_return std::unexpected(response.error());
    const int status = response->head.status;
    if (status == 404 || status == 405) co_return std::optional<Lecture>();
    if (status >= 200 && status <= 299 && !isSuccess(status))
        co_return std::unexpected(nonsense(
            backend_, "answered with status " + std::to_string(status) + " where a lecture was due"));
    if (!isSuccess(status)) co_return std::unexpected(refused(*response));
    co_return lectureOf(*response);
}

asio::awaitable<std::optional<std::string>> BackendLectures::idAfterStop(Registration registration) {
    Question question = registering(registration);
    question.withinMs = afterStopMs;
    auto response = co_await askOnce(question);
    if (!response || !isSuccess(response->head.status)) co_return std::nullopt;
    auto body = objectOf(*response, backend_);
    const std::string id = body ? idOf(*body) : std::string();
    co_return id.empty() ? std::nullopt : std::optional(id);
}

asio::awaitable<Result<UploadPlace>> BackendLectures::freshPlace(std::string id) {
    Question question{.method = "POST", .path = lecturePath(id, "/upload"), .body = "{}"};
    auto response = co_await ask(std::move(question));
    if (!response) co_return std::unexpected(response.error());
    const int status = response->head.status;
    if (status == 404 || status == 410)
        co_return std::unexpected(
            nonsense(backend_, "no longer knows this lecture. Start it again to send it anew"));
    if (!isSuccess(status)) co_return std::unexpected(refused(*response));
    auto body = objectOf(*response, backend_);
    if (!body) co_return std::unexpected(body.error());
    co_return uploadPlaceOf(body->value("upload", json()), backend_, accepts_);
}

asio::awaitable<Result<Completion>> BackendLectures::complete(std::string id, std::uint64_t bytes,
                                                              std::string sha256) {
    const json claim{{"size_bytes", bytes}, {"sha256", sha256}};
    Question question{.method = "POST",
                      .path = lecturePath(id, "/complete"),
                      .body = written(claim),
                      .withinMs = completeWithinMs};
    auto response = co_await ask(std::move(question));
    if (!response) co_return std::unexpected(response.error());
    const int status = response->head.status;
    if (status == 409) {
        const json body = json::parse(response->body, nullptr, false);
        if (body.is_object() && textOf(body, "kind") == "digest_mismatch") co_return Completion::differs;
    }
    if (status == 404 || status == 410)
        co_return std::unexpected(
            nonsense(backend_, "no longer knows this lecture. Start it again to send it anew"));
    if (!isSuccess(status)) co_return std::unexpected(refused(*response));
    auto body = objectOf(*response, backend_);
    if (!body) co_return std::unexpected(body.error());
    const std::string digest = textOf(*body, "sha256");
    if (idOf(*body) != id || textOf(*body, "status") != "ready" || (!digest.empty() && digest != sha256))
        co_return std::unexpected(nonsense(
            backend_, "took the recording but does not confirm that it has it. Its maintainer has to look"));
    co_return Completion::ready;
}

asio::awaitable<bool> BackendLectures::bringCaptions(std::string id, const Captions& captions) {
    Question question{.method = "POST",
                      .path = lecturePath(id, "/captions"),
                      .body = captions.srt,
                      .about = {{"Content-Type", "application/x-subrip; charset=utf-8"},
                                {"Content-Language", captions.language}},
                      .withinMs = captionsWithinMs,
                      .stop = visit_.stop};
    auto response = co_await askOnce(question);
    co_return response&& isSuccess(response->head.status);
}

asio::awaitable<void> BackendLectures::knock() {
    Question question{
        .method = "GET", .path = "/api/health", .body = "", .withinMs = knockWithinMs, .stop = visit_.stop};
    co_await askOnce(question);
}

asio::awaitable<void> BackendLectures::reportFailure(std::string id, std::string message) {
    const json body{{"status", "failed"}, {"error_message", message}};
    Question question{
        .method = "PATCH", .path = lecturePath(id), .body = written(body), .withinMs = bestEffortMs};
    co_await askOnce(question);
}

asio::awaitable<void> BackendLectures::remove(std::string id) {
    Question question{.method = "DELETE", .path = lecturePath(id), .body = "", .withinMs = bestEffortMs};
    co_await askOnce(question);
}

}  // namespace auricle::delivery
