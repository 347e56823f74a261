#include "delivery/backend_jobs.h"

#include <algorithm>
#include <array>

#include "delivery/backend_answer.h"
#include "delivery/backend_json.h"
#include "delivery/clean_text.h"
#include "system/rfc3339.h"

namespace auricle::delivery {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::uint64_t mostAnswerBytes = 256u << 10;
constexpr std::uint32_t answerWithinMs = 20'000;
constexpr std::size_t longestUrl = 4096;
constexpr std::size_t longestWord = 64;
constexpr std::size_t longestDetail = 400;
constexpr const char* jobsPath = "/api/host/jobs";

bool hasNoSuchAddress(int status) {
    return status == 404 || status == 405;
}

bool isSuccess(int status) {
    return status >= 200 && status <= 299;
}

/// Empty for what is longer than such a text can be: then it is none.
std::string shortText(const json& object, const char* name, std::size_t longest) {
    auto text = textOf(object, name);
    return text.size() <= longest ? text : std::string();
}

std::optional<BackendJob> jobOf(const json& object) {
    if (!object.is_object()) return std::nullopt;
    const auto kind = textOf(object, "kind");
    if (kind != "refresh" && kind != "capture") return std::nullopt;
    BackendJob job{.kind = kind == "refresh" ? BackendJob::Kind::refresh : BackendJob::Kind::capture,
                   .id = idOf(object),
                   .site = shortText(object, "site", longestWord),
                   .url = shortText(object, "url", longestUrl),
                   .reason = shortText(object, "reason", longestWord)};
    if (job.id.empty()) return std::nullopt;
    return job;
}

std::vector<BackendJob> jobsOf(const json& list, std::size_t most) {
    std::vector<BackendJob> jobs;
    for (const auto& object : list) {
        if (jobs.size() >= most) break;
        if (auto job = jobOf(object)) jobs.push_back(std::move(*job));
    }
    return jobs;
}

json toJson(const SiteReport& site) {
    return {{"site", site.site},
            {"freshness", site.freshness},
            {"count", site.count},
            {"put_at", site.putAtMs ? json(rfc3339(*site.putAtMs)) : json()}};
}

}  // namespace

struct BackendJobs::Question {
    std::string method, path;
    std::string body{};
    std::uint32_t withinMs = answerWithinMs;
};

asio::awaitable<Result<net::Response>> BackendJobs::send(Question question) {
    auto url = backend_.resolve(question.path);
    if (!url) co_return std::unexpected(url.error());
    net::Request request;
    request.method = question.method;
    request.url = *url;
    request.headers = {{"Accept", "application/json"}};
    if (!question.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    request.body = question.body;
    request.credentials = &visit_.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = mostAnswerBytes;
    request.totalTimeoutMs = question.withinMs;
    request.stallMs = question.withinMs;
    request.stop = visit_.stop;
    auto response = co_await visit_.http.send(std::move(request));
    if (!response && response.error().kind == Kind::too_large)
        co_return std::unexpected(nonsense(backend_, "answered with far more than such an answer holds"));
    if (!response || isSuccess(response->head.status) || hasNoSuchAddress(response->head.status))
        co_return response;
    const vault::Secret token = tokenFor(visit_.credentials, backend_);
    const std::array secrets{token.reveal()};
    co_return std::unexpected(refusal(*response, 0, secrets));
}

asio::awaitable<Result<std::optional<std::vector<BackendJob>>>> BackendJobs::ask(Asking asking) {
    using Jobs = std::optional<std::vector<BackendJob>>;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(asking.wait).count();
    Question question{.method = "GET",
                      .path = std::string(jobsPath) + "?wait=" + std::to_string(seconds) +
                              "&limit=" + std::to_string(asking.most),
                      .withinMs = static_cast<std::uint32_t>(asking.wait.count()) + answerWithinMs};
    std::string working;
    for (const auto& id : asking.working) working += (working.empty() ? "" : ",") + net::percentEncode(id);
    if (!working.empty()) question.path += "&working=" + working;
    auto response = co_await send(std::move(question));
    if (!response) co_return std::unexpected(std::move(response.error()));
    if (hasNoSuchAddress(response->head.status)) co_return Jobs();
    auto body = objectOf(*response, backend_);
    if (!body) co_return std::unexpected(std::move(body.error()));
    const auto jobs = body->find("jobs");
    if (jobs == body->end() || !jobs->is_array())
        co_return std::unexpected(
            nonsense(backend_, "was asked for jobs and gave no list of them. Its maintainer has to look"));
    co_return jobsOf(*jobs, asking.most);
}

asio::awaitable<void> BackendJobs::answer(std::string id, JobOutcome outcome) {
    json body{{"outcome", outcome.isDone ? "completed" : "failed"}};
    if (!outcome.detail.empty())
        body["detail"] = std::string(cutTo(cleanLine(outcome.detail), longestDetail));
    if (!outcome.isDone) body["retryable"] = outcome.isRetryable;
    Question question{.method = "POST",
                      .path = std::string(jobsPath) + '/' + net::percentEncode(id),
                      .body = written(body)};
    std::function<asio::awaitable<Result<net::Response>>()> attempt = [this, &question] {
        return send(question);
    };
    const net::RetryPolicy policy{.attempts = 4};
    co_await net::withRetry<net::Response>(policy, visit_.timing, visit_.stop, attempt);
}

asio::awaitable<Result<bool>> BackendJobs::report(HostReport report) {
    json sites = json::array();
    for (const auto& site : report.sites) sites.push_back(toJson(site));
    const json body{{"sites", std::move(sites)},
                    {"captures", {{"running", report.running}, {"waiting", report.waiting}}},
                    {"host_version", report.version}};
    Question question{.method = "PUT", .path = "/api/host/status", .body = written(body)};
    auto response = co_await send(std::move(question));
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return !hasNoSuchAddress(response->head.status);
}

}  // namespace auricle::delivery
