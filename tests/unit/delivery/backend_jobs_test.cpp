#include "delivery/backend_jobs.h"

#include <deque>
#include <nlohmann/json.hpp>

#include "tests/unit/delivery/delivery_test_support.h"

namespace auricle::delivery::testing {
namespace {

using nlohmann::json;

/// Answers one request after the other as it is told, and keeps what was asked.
class Scripted final : public net::HttpClient {
  public:
    struct Answer {
        int status = 200;
        std::string body{};
        std::vector<net::Header> headers{};
    };

    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override {
        auto token = request.credentials->authorization(request.url);
        authorized.push_back(std::string(token.reveal()));
        auto answer = answers.empty() ? Answer{.status = 500} : answers.front();
        if (!answers.empty()) answers.pop_front();
        net::Response response;
        response.head.status = answer.status;
        response.head.url = request.url;
        for (auto& header : answer.headers) response.head.headers.add(header.name, header.value);
        response.body = answer.body;
        asked.push_back(std::move(request));
        if (response.body.size() > asked.back().maxBodyBytes)
            co_return fail(Kind::too_large, "It is larger than was asked for.");
        co_return response;
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink&) override {
        co_return co_await send(std::move(request));
    }

    std::deque<Answer> answers;
    std::vector<net::Request> asked;
    std::vector<std::string> authorized;
};

class BackendJobsTest : public DeliveryTest {
  protected:
    using Asked = Result<std::optional<std::vector<BackendJob>>>;

    BackendJobs jobs() {
        return {*net::Url::parse(backendOrigin), {http, credentials, timing, stopping.get_token()}};
    }
    Asked ask(Asking asking = {.most = 4}) {
        auto asked = jobs();
        return run(asked.ask(std::move(asking)));
    }
    Asked askAnswered(std::string body) {
        http.answers.push_back({.body = std::move(body)});
        return ask();
    }
    void answer(JobOutcome outcome) {
        auto asked = jobs();
        run(asked.answer("a b/1", std::move(outcome)));
    }

    Scripted http;
};

TEST_F(BackendJobsTest, asks_once_with_the_token_and_says_what_it_is_still_at) {
    http.answers.push_back({.body = R"({"jobs":[]})"});
    auto asked = ask({.wait = std::chrono::seconds(25), .most = 3, .working = {"7", "a,b&c"}});
    ASSERT_TRUE(asked && *asked);
    EXPECT_TRUE((*asked)->empty());
    ASSERT_EQ(http.asked.size(), 1u);
    const auto& request = http.asked[0];
    EXPECT_EQ(request.url.text(), backendOrigin + "/api/host/jobs?wait=25&limit=3&working=7,a%2Cb%26c");
    EXPECT_EQ(http.authorized[0], "Bearer " + canaryToken);
    EXPECT_EQ(request.maxRedirects, 0);
    EXPECT_GT(request.totalTimeoutMs, 25'000u);
    EXPECT_GE(request.stallMs, request.totalTimeoutMs);
}

TEST_F(BackendJobsTest, reads_jobs_and_passes_over_what_is_none) {
    auto asked =
        askAnswered(R"({"jobs":[1,null,[],{},{"id":"x"},{"id":"..","kind":"refresh"},{"id":"y","kind":"run"},
        {"id":"1","kind":"refresh","site":"panopto","reason":"stale","attempt":2},
        {"id":2,"kind":"capture","site":7,"url":"https://a.example/"}]})");
    ASSERT_TRUE(asked && *asked);
    ASSERT_EQ((*asked)->size(), 2u);
    const auto& [first, second] = std::pair((**asked)[0], (**asked)[1]);
    EXPECT_EQ(first.kind, BackendJob::Kind::refresh);
    EXPECT_EQ(first.id + first.site + first.reason, "1panoptostale");
    EXPECT_EQ(second.kind, BackendJob::Kind::capture);
    EXPECT_EQ(second.id + second.site + second.url, "2https://a.example/");
}

TEST_F(BackendJobsTest, takes_no_more_jobs_than_it_asked_for) {
    json many{{"jobs", json::array()}};
    for (int i = 0; i < 1000; ++i)
        many["jobs"].push_back({{"id", i}, {"kind", "refresh"}, {"site", "panopto"}});
    auto asked = askAnswered(many.dump());
    ASSERT_TRUE(asked && *asked);
    EXPECT_EQ((*asked)->size(), 4u);
}

TEST_F(BackendJobsTest, leaves_out_what_is_longer_than_it_can_be) {
    json job{{"id", "1"},
             {"kind", "capture"},
             {"url", "https://a.example/" + std::string(5000, 'x')},
             {"site", std::string(65, 's')}};
    auto asked = askAnswered(json{{"jobs", {job}}}.dump());
    ASSERT_TRUE(asked && *asked);
    EXPECT_EQ((*asked)->at(0).url + (*asked)->at(0).site, "");
}

TEST_F(BackendJobsTest, knows_a_backend_without_jobs) {
    for (int status : {404, 405}) {
        http.answers.push_back({.status = status, .body = R"({"detail":"Not Found"})"});
        auto asked = ask();
        ASSERT_TRUE(asked);
        EXPECT_FALSE(*asked);
    }
}

TEST_F(BackendJobsTest, says_what_is_wrong_with_an_answer) {
    for (const char* body : {"", "null", "[]", "{}", R"({"jobs":{}})", "<html>", R"({"jobs":[)"}) {
        auto asked = askAnswered(body);
        ASSERT_FALSE(asked) << body;
        EXPECT_EQ(asked.error().kind, Kind::upload_rejected) << body;
    }
    auto long_ = askAnswered(std::string(300'000, ' '));
    ASSERT_FALSE(long_);
    EXPECT_EQ(long_.error().kind, Kind::upload_rejected);
    for (int status : {401, 403}) {
        http.answers.push_back({.status = status, .body = R"({"detail":"no, )" + canaryToken + "\"}"});
        auto asked = ask();
        ASSERT_FALSE(asked);
        EXPECT_EQ(asked.error().kind, Kind::backend_unauthorized);
        EXPECT_EQ(asked.error().message.find(canaryToken), std::string::npos);
    }
    http.answers.push_back({.status = 429, .headers = {{"Retry-After", "70"}}});
    auto asked = ask();
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().kind, Kind::rate_limited);
    EXPECT_EQ(asked.error().retryAfterMs, 70'000);
}

TEST_F(BackendJobsTest, answers_a_job_until_it_is_heard) {
    http.answers = {{.status = 503}, {.status = 200, .body = "{}"}};
    answer({.isDone = false, .detail = "No.\nNever. " + std::string(600, '-'), .isRetryable = false});
    ASSERT_EQ(http.asked.size(), 2u);
    EXPECT_EQ(http.asked[1].method, "POST");
    EXPECT_EQ(http.asked[1].url.text(), backendOrigin + "/api/host/jobs/a%20b%2F1");
    auto body = json::parse(http.asked[1].body);
    EXPECT_EQ(body["outcome"], "failed");
    EXPECT_EQ(body["retryable"], false);
    const auto& detail = body["detail"].get_ref<const std::string&>();
    EXPECT_TRUE(detail.starts_with("No. Never. ---")) << detail;
    EXPECT_EQ(detail.size(), 400u);
}

TEST_F(BackendJobsTest, does_not_repeat_an_answer_that_nobody_waits_for) {
    http.answers.push_back({.status = 404});
    answer({.isDone = true});
    ASSERT_EQ(http.asked.size(), 1u);
    EXPECT_EQ(json::parse(http.asked[0].body), (json{{"outcome", "completed"}}));
}

TEST_F(BackendJobsTest, reports_numbers_and_words_and_nothing_else) {
    http.answers = {{.status = 204}, {.status = 405}};
    HostReport report{
        .sites = {{.site = "panopto", .freshness = "fresh", .count = 2, .putAtMs = 1'795'296'343'734},
                  {.site = "mubi", .freshness = "unknown", .count = 0}},
        .running = 3,
        .waiting = 1,
        .version = "0.1.0"};
    auto told = jobs();
    auto first = run(told.report(report));
    auto second = run(told.report(report));
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(*first);
    EXPECT_FALSE(*second);
    EXPECT_EQ(http.asked[0].method + ' ' + http.asked[0].url.text(),
              "PUT " + backendOrigin + "/api/host/status");
    auto body = json::parse(http.asked[0].body);
    EXPECT_EQ(body, json::parse(R"({"captures":{"running":3,"waiting":1},"host_version":"0.1.0","sites":[
        {"site":"panopto","freshness":"fresh","count":2,"put_at":"2026-11-21T21:25:43.734Z"},
        {"site":"mubi","freshness":"unknown","count":0,"put_at":null}]})"));
}

}  // namespace
}  // namespace auricle::delivery::testing
