#include "delivery/plain_form.h"

#include <algorithm>
#include <array>

#include "delivery/backend_answer.h"
#include "delivery/backend_json.h"
#include "delivery/form_body.h"

namespace auricle::delivery {

namespace asio = boost::asio;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t mostAnswerBytes = 256u << 10;
constexpr std::uint32_t answerWithinMs = 10'000;
// A backend may write the whole file away before it answers; meanwhile nothing moves.
constexpr std::uint32_t silentForMs = 120'000;
constexpr milliseconds firstPause{1'000}, longestPause{5'000};

std::string sessionIdOf(const Parcel& parcel) {
    return parcel.stableId.empty() ? parcel.idempotencyKey : parcel.stableId;
}

FormFile fileOf(const FormJob& job) {
    return {.field = "audio",
            .name = sessionIdOf(job.parcel) + "." + job.parcel.extension,
            .mime = job.parcel.mime,
            .descriptor = job.file,
            .bytes = job.parcel.bytes};
}

/// Is it the course that a backend's words are about? The plain form's metadata has it as `course_id`.
bool isAboutTheCourse(std::string words) {
    std::ranges::transform(words, words.begin(), [](unsigned char c) { return std::tolower(c); });
    return words.find("course_id") != std::string::npos || words.find("courseid") != std::string::npos ||
           words.starts_with("course ");
}

}  // namespace

/// What GET …/status told. `busy` and `silent` say nothing about the lecture: it is asked again.
struct PlainForm::Standing {
    enum class What : std::uint8_t { underway, workedUp, failed, gone, unknown, busy, silent } what;
    std::string words{};  ///< failed: why, where it says so
    std::optional<std::int64_t> retryAfterMs{};

    bool isEnd() const { return what == What::workedUp || what == What::unknown; }
    bool isFailure() const { return what == What::failed || what == What::gone; }
};

std::string formMetadata(const FormJob& job) {
    json metadata{{"session_id", sessionIdOf(job.parcel)},
                  {"title", job.parcel.title.empty() ? "Recording" : job.parcel.title},
                  {"source_url", job.sourceUrl}};
    if (!job.courseId.empty()) metadata["course_id"] = job.courseId;
    if (job.parcel.durationMs != 0)
        metadata["duration"] = static_cast<double>(job.parcel.durationMs) / 1000.0;
    return written(metadata);
}

PlainForm::PlainForm(net::Url backend, Visit visit, net::RetryPolicy policy)
    : backend_(std::move(backend)), visit_(visit), policy_(policy) {}

asio::awaitable<Result<PlainForm::Receipt>> PlainForm::send(FormJob job) {
    auto url = backend_.resolve("/api/lectures/audio");
    if (!url) co_return std::unexpected(url.error());
    auto response = co_await post(std::move(*url), job);
    if (!response) co_return std::unexpected(std::move(response.error()));
    const int status = response->head.status;
    if (status < 200 || status > 299) co_return std::unexpected(refused(*response));
    co_return receiptOf(*response);
}

asio::awaitable<Result<bool>> PlainForm::sendTo(vault::Secret address, FormJob job) {
    auto url = net::Url::parse(address.reveal());
    if (!url) co_return std::unexpected(url.error());
    auto response = co_await post(std::move(*url), job);
    if (!response) co_return std::unexpected(std::move(response.error()));
    const int status = response->head.status;
    if (status == 404 || status == 410) co_return false;
    if (status < 200 || status > 299) co_return std::unexpected(refused(*response));
    co_return true;
}

asio::awaitable<Result<net::Response>> PlainForm::post(net::Url url, const FormJob& job) {
    offeredBytes_ = job.parcel.bytes;
    std::function<asio::awaitable<Result<net::Response>>()> attempt = [this, &url, &job] {
        return postOnce(url, job);
    };
    co_return co_await net::withRetry<net::Response>(policy_, visit_.timing, visit_.stop, attempt);
}

asio::awaitable<Result<net::Response>> PlainForm::postOnce(const net::Url& url, const FormJob& job) {
    const std::vector<FormField> fields{{"metadata", formMetadata(job)}};
    const FormFile file = fileOf(job);
    FormBody body(fields, file, job.parcel.sha256);
    net::Request request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Accept", "application/json"}, {"Content-Type", body.contentType()}};
    request.source = &body;
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.stallMs = silentForMs;
    request.http1 = true;
    request.expectsContinue = true;
    request.stop = visit_.stop;
    if (job.sent) request.onSent = [&job, &body](std::uint64_t bytes) { job.sent(body.fileBytesOf(bytes)); };
    auto response = co_await visit_.http.send(std::move(request));
    if (!response && response.error().kind == Kind::too_large)
        co_return std::unexpected(nonsense(backend_, "answered with far more than such an answer holds"));
    if (response && net::statusMayPass(response->head.status)) co_return std::unexpected(refused(*response));
    co_return response;
}

Result<PlainForm::Receipt> PlainForm::receiptOf(const net::Response& response) const {
    auto body = objectOf(response, backend_);
    if (!body) return std::unexpected(std::move(body.error()));
    Receipt receipt{.lecture = idOf(*body, "lecture_id"), .created = {}};
    if (receipt.lecture.empty()) receipt.lecture = idOf(*body);
    if (receipt.lecture.empty())
        return std::unexpected(nonsense(
            backend_, "took the recording without giving its lecture_id. Its maintainer has to look"));
    const auto created = body->find("created");
    if (created != body->end() && created->is_boolean()) receipt.created = created->get<bool>();
    return receipt;
}

Error PlainForm::refused(const net::Response& response) const {
    const int status = response.head.status;
    const vault::Secret token = tokenFor(visit_.credentials, backend_);
    const std::array secrets{token.reveal(), std::string_view(response.head.url.path())};
    const std::string words = backendSays(response.body, secrets);
    if ((status == 400 || status == 404 || status == 422) && isAboutTheCourse(words))
        return {.kind = Kind::upload_rejected,
                .message = "The backend " + backend_.host() +
                           " takes recordings into a course that it knows. Choose a course for this one in "
                           "Auricle, and start the capture again. It says: " +
                           words};
    if (status == 404 || status == 405)
        return nonsense(backend_,
                        "does not know the interface that Auricle speaks (POST /api/lectures, or POST "
                        "/api/lectures/audio). Check the backend's address in Auricle's settings");
    return refusal(response, offeredBytes_, secrets);
}

asio::awaitable<Result<void>> PlainForm::follow(std::string lecture, std::uint64_t withinMs) {
    milliseconds left(withinMs), pause = firstPause;
    while (left > milliseconds::zero()) {
        const Standing standing = co_await askStanding(lecture);
        if (visit_.stop.stop_requested()) co_return fail(Kind::cancelled, "The capture was stopped.");
        if (standing.isFailure()) co_return std::unexpected(notWorkedUp(standing.words));
        if (standing.isEnd()) break;
        // Clocks are the caller's: what a silent backend took is known all the same.
        if (standing.what == Standing::What::silent) left -= milliseconds(answerWithinMs);
        const milliseconds wanted = standing.retryAfterMs ? milliseconds(*standing.retryAfterMs) : pause;
        const milliseconds length = std::clamp(wanted, firstPause, std::max(left, firstPause));
        if (auto slept = co_await visit_.timing.sleep(length, visit_.stop); !slept) co_return slept;
        left -= length;
        pause = std::min(pause * 2, longestPause);
    }
    co_return Result<void>{};
}

asio::awaitable<bool> PlainForm::has(std::string lecture) {
    const Standing standing = co_await askStanding(lecture);
    co_return standing.what == Standing::What::underway || standing.what == Standing::What::workedUp;
}

asio::awaitable<PlainForm::Standing> PlainForm::askStanding(std::string lecture) {
    using What = Standing::What;
    auto url = backend_.resolve("/api/lectures/" + net::percentEncode(lecture) + "/status");
    if (!url) co_return Standing{.what = What::unknown};
    net::Request request;
    request.url = std::move(*url);
    request.headers = {{"Accept", "application/json"}};
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.totalTimeoutMs = request.connectTimeoutMs = answerWithinMs;
    request.http1 = true;
    request.stop = visit_.stop;
    auto response = co_await visit_.http.send(std::move(request));
    if (!response) co_return Standing{.what = What::silent};
    co_return standingOf(*response);
}

PlainForm::Standing PlainForm::standingOf(const net::Response& response) const {
    using What = Standing::What;
    const int status = response.head.status;
    if (net::statusMayPass(status))
        return {.what = What::busy,
                .retryAfterMs = net::retryAfterMs(response.head.headers, std::chrono::system_clock::now())};
    const json body = json::parse(response.body, nullptr, false);
    // What the frameworks say of an address that they do not have; of a lecture, a backend says more.
    const bool hasNoSuchAddress = body.is_object() && textOf(body, "detail") == "Not Found";
    if ((status == 404 && !hasNoSuchAddress) || status == 410) return {.what = What::gone};
    if (status != 200 || !body.is_object()) return {.what = What::unknown};
    const std::string word = textOf(body, "status");
    if (word == "completed" || word == "ready") return {.what = What::workedUp};
    if (word == "failed" || word == "cancelled") {
        const vault::Secret token = tokenFor(visit_.credentials, backend_);
        const std::array secrets{token.reveal()};
        return {.what = What::failed,
                .words = backendSays(json{{"detail", textOf(body, "error_message")}}.dump(), secrets)};
    }
    return {.what = word.empty() || word == "uploading" ? What::unknown : What::underway};
}

Error PlainForm::notWorkedUp(const std::string& words) const {
    return {
        .kind = Kind::upload_rejected,
        .message = "The backend " + backend_.host() +
                   " took the file but could not process it. The recording is still on this computer: try "
                   "again, or tell the backend's maintainer." +
                   (words.empty() ? "" : " It says: " + words)};
}

}  // namespace auricle::delivery
