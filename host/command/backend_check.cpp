#include "command/backend_check.h"

#include <algorithm>
#include <cstring>

namespace auricle::command {
namespace {

namespace asio = boost::asio;
using installer::Finding;
using installer::Findings;
using installer::Severity;

// No lecture has it: only whether the token is looked at matters.
constexpr std::array asked{"/api/courses", "/api/lectures/00000000-0000-4000-8000-000000000000"};

/// The token of one request, for one origin.
class GivenBearer final : public net::Credentials {
  public:
    GivenBearer(std::string origin, const vault::Secret& token) : origin_(std::move(origin)), token_(token) {}

    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override {
        if (url.origin() != origin_) return {};
        constexpr std::string_view scheme = "Bearer ";
        vault::Secret value(scheme.size() + token_.size());
        std::memcpy(value.bytes().data(), scheme.data(), scheme.size());
        std::memcpy(value.bytes().data() + scheme.size(), token_.c_str(), token_.size());
        return value;
    }
    void received(const net::Url&, std::string_view) override {}

  private:
    std::string origin_;
    const vault::Secret& token_;
};

net::Request requestTo(const BackendTrial& trial, const char* path, net::Credentials* credentials) {
    net::Request request{.url = trial.origin.resolve(path).value_or(trial.origin)};
    request.headers.push_back({"Accept", "application/json"});
    request.credentials = credentials;
    request.maxRedirects = 0;
    request.connectTimeoutMs = trial.waitMs;
    request.totalTimeoutMs = trial.waitMs;
    return request;
}

/// The status of the answer, or why there was none.
asio::awaitable<Result<int>> statusOf(net::HttpClient& http, net::Request request) {
    auto response = co_await http.send(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return response->head.status;
}

bool isRefusal(int status) {
    return status == 401 || status == 403;
}

Finding finding(const BackendTrial& trial, std::string id, Severity severity, std::string sentence,
                std::string remedy = {}) {
    return {.id = std::move(id),
            .severity = severity,
            .about = trial.origin.origin(),
            .sentence = std::move(sentence),
            .remedy = std::move(remedy)};
}

Finding judgeHealth(const BackendTrial& trial, const Result<int>& status) {
    if (!status)
        return finding(trial, "backend.unreachable", Severity::broken, status.error().message,
                       "Check the address, the network and whether the backend runs; then try again.");
    const std::string said = "answers /api/health with " + std::to_string(*status);
    if (*status >= 200 && *status < 300) return finding(trial, "backend.good", Severity::fine, said);
    if (*status >= 500)
        return finding(trial, "backend.ailing", Severity::warning, said + ": something is wrong over there.",
                       "Tell whoever runs the backend.");
    return finding(trial, "backend.no_health", Severity::note, said + "; it is there, but says no more.");
}

/// What the same question brought with the token and without it.
enum class Token { good, bad, untold };

Token judgeToken(const Result<int>& with, const Result<int>& without) {
    if (!with || !without) return Token::untold;
    if (isRefusal(*with)) return Token::bad;
    return isRefusal(*without) && *with < 500 ? Token::good : Token::untold;
}

asio::awaitable<Token> tryToken(net::HttpClient& http, const BackendTrial& trial) {
    GivenBearer bearer(trial.origin.origin(), *trial.bearer);
    Token told = Token::untold;
    for (const char* path : asked) {
        auto withToken = requestTo(trial, path, &bearer);
        auto withoutToken = requestTo(trial, path, nullptr);
        const auto with = co_await statusOf(http, std::move(withToken));
        const auto without = co_await statusOf(http, std::move(withoutToken));
        told = judgeToken(with, without);
        if (told != Token::untold) break;
    }
    co_return told;
}

Finding tokenFinding(const BackendTrial& trial, Token token) {
    switch (token) {
        case Token::good:
            return finding(trial, "backend.token_good", Severity::fine, "takes the token");
        case Token::bad:
            return finding(trial, "backend.token_refused", Severity::broken, "The backend refuses the token.",
                           "Get a new one from the backend and enter it in the extension's settings.");
        case Token::untold:
            break;
    }
    return finding(trial, "backend.token_untold", Severity::note,
                   "Whether the token is good does not show: the backend answers the same without it.");
}

Finding noToken(const BackendTrial& trial) {
    return finding(trial, "backend.token_unknown", Severity::note,
                   "Its token is in the extension alone, and was not tried.",
                   "The extension's settings try it, or here: auricle doctor --bearer-from-stdin < FILE");
}

}  // namespace

asio::awaitable<Findings> checkBackend(net::HttpClient& http, BackendTrial trial) {
    Findings findings;
    auto health = requestTo(trial, "/api/health", nullptr);
    const auto status = co_await statusOf(http, std::move(health));
    findings.push_back(judgeHealth(trial, status));
    if (!status) co_return findings;
    if (trial.bearer == nullptr) {
        findings.push_back(noToken(trial));
        co_return findings;
    }
    const Token token = co_await tryToken(http, trial);
    findings.push_back(tokenFinding(trial, token));
    co_return findings;
}

}  // namespace auricle::command
