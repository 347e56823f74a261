#include "delivery/backend_lectures.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "delivery/backend_answer.h"
#include "system/digest.h"

namespace auricle::delivery {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::uint64_t mostAnswerBytes = 256u << 10;
constexpr std::uint32_t answerWithinMs = 60'000;
// A backend reads the whole upload once more before it says whether the digest agrees.
constexpr std::uint32_t completeWithinMs = 300'000;
constexpr std::uint32_t captionsWithinMs = 20'000;
constexpr std::uint32_t bestEffortMs = 5'000;
// Less than the 500 ms in which the process leaves (PROTOCOL section 1).
constexpr std::uint32_t afterStopMs = 400;

/// A key may be anything that a client of ours made up, a header's value may not.
std::string headerKey(const std::string& key) {
    const bool isPlain = !key.empty() && key.size() <= 200 &&
                         std::ranges::all_of(key, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    if (isPlain) return key;
    Sha256 digest;
    digest.update(std::as_bytes(std::span(key)));
    return digest.hex();
}

std::string textOf(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// An id as it can stand in a path: text, or the number that many a table has.
std::string idOf(const json& object) {
    const auto found = object.find("id");
    if (found == object.end()) return {};
    if (found->is_number_unsigned()) return std::to_string(found->get<std::uint64_t>());
    if (!found->is_string()) return {};
    std::string id = found->get<std::string>();
    const bool isPlain =
        id.size() <= 200 && std::ranges::all_of(id, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    return isPlain && id != "." && id != ".." ? id : std::string();
}

bool isSuccess(int status) {
    return status == 200 || status == 201;
}

std::string lecturePath(const std::string& id, const char* rest = "") {
    return "/api/lectures/" + net::percentEncode(id) + rest;
}

std::string written(const json& body) {
    // Titles come from pages; what is not UTF-8 in them is no reason to fail.
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
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
    const vault::Secret authorization = visit_.credentials.authorization(backend_);
    std::string_view token = authorization.reveal();
    token.remove_prefix(std::min(token.find(' ') + 1, token.size()));
    const std::array secrets{token};
    return refusal(response, offeredBytes_, secrets);
}

Result<json> BackendLectures::objectOf(const net::Response& response) const {
    const auto first = response.body.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && response.body[first] == '<')
        return std::unexpected(nonsense(backend_,
                                        "answered with a web page where data was due. Check the backend's "
                                        "address in Auricle's settings"));
    json body = json::parse(response.body, nullptr, false);
    if (!body.is_object())
        return std::unexpected(
            nonsense(backend_, "answered with something that is no JSON object. Its maintainer has to look"));
    return body;
}

Result<vault::Secret> BackendLectures::placeOf(const json& upload) const {
    const std::string protocol = upload.is_object() ? textOf(upload, "protocol") : std::string();
    if (protocol == "presigned" || protocol == "multipart")
        return std::unexpected(nonsense(backend_, "wants the upload as '" + protocol +
                                                      "', while this version of Auricle speaks tus alone"));
    if (protocol != "tus")
        return std::unexpected(nonsense(
            backend_, "did not say how the recording is to be uploaded. Its maintainer has to look"));
    const std::string text = textOf(upload, "url");
    auto url = text.empty() ? Result<net::Url>(fail(Kind::bad_params, "")) : backend_.resolve(text);
    if (!url)
        return std::unexpected(
            nonsense(backend_, "named no usable address for the upload. Its maintainer has to look"));
    if (url->origin() != backend_.origin())
        return std::unexpected(nonsense(backend_,
                                        "named an upload address that is not its own. Nothing was sent "
                                        "there; its maintainer has to look"));
    return vault::Secret::copyOf(url->text());
}

Result<Lecture> BackendLectures::lectureOf(const net::Response& response) const {
    auto body = objectOf(response);
    if (!body) return std::unexpected(body.error());
    Lecture lecture{
        .id = idOf(*body), .status = textOf(*body, "status"), .place = {}, .sha256 = textOf(*body, "sha256")};
    if (lecture.id.empty())
        return std::unexpected(
            nonsense(backend_, "registered the lecture without giving its id. Its maintainer has to look"));
    const auto accepts = body->find("accepts_captions");
    lecture.acceptsCaptions = accepts != body->end() && accepts->is_boolean() && accepts->get<bool>();
    const auto upload = body->find("upload");
    if (lecture.status == "ready" || upload == body->end() || upload->is_null()) return lecture;
    auto place = placeOf(*upload);
    if (!place) return std::unexpected(place.error());
    lecture.place = std::move(*place);
    return lecture;
}

BackendLectures::Question BackendLectures::registering(const Registration& registration) const {
    json body{{"title", registration.title},      {"source_url", registration.sourceUrl},
              {"site", registration.site},        {"mime_type", registration.mime},
              {"size_bytes", registration.bytes}, {"accepts", {"tus"}}};
    if (!registration.courseId.empty()) body["course_id"] = registration.courseId;
    if (registration.durationMs != 0) body["duration_ms"] = registration.durationMs;
    return {.method = "POST",
            .path = "/api/lectures",
            .body = written(body),
            .idempotencyKey = headerKey(registration.idempotencyKey)};
}

asio::awaitable<Result<Lecture>> BackendLectures::enter(Registration registration) {
    offeredBytes_ = registration.bytes;
    Question question = registering(registration);
    auto response = co_await ask(std::move(question));
    if (!response) co_return std::unexpected(response.error());
    const int status = response->head.status;
    if (status == 404 || status == 405)
        co_return std::unexpected(nonsense(backend_,
                                           "does not know the interface that Auricle speaks (POST "
                                           "/api/lectures). Check the backend's address"));
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
    auto body = objectOf(*response);
    const std::string id = body ? idOf(*body) : std::string();
    co_return id.empty() ? std::nullopt : std::optional(id);
}

asio::awaitable<Result<vault::Secret>> BackendLectures::freshPlace(std::string id) {
    Question question{.method = "POST", .path = lecturePath(id, "/upload"), .body = "{}"};
    auto response = co_await ask(std::move(question));
    if (!response) co_return std::unexpected(response.error());
    const int status = response->head.status;
    if (status == 404 || status == 410)
        co_return std::unexpected(
            nonsense(backend_, "no longer knows this lecture. Start it again to send it anew"));
    if (!isSuccess(status)) co_return std::unexpected(refused(*response));
    auto body = objectOf(*response);
    if (!body) co_return std::unexpected(body.error());
    co_return placeOf(body->value("upload", json()));
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
    auto body = objectOf(*response);
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
    co_return response && isSuccess(response->head.status);
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
