#include "delivery/backend_answer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "delivery/clean_text.h"
#include "net/retry.h"

namespace auricle::delivery {
namespace {

using nlohmann::json;

constexpr std::size_t longestSentence = 300;

std::string member(const json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The field's name of a FastAPI complaint: `["body","title"]` is "title".
std::string fieldOf(const json& complaint) {
    const auto location = complaint.find("loc");
    if (location == complaint.end() || !location->is_array() || location->empty()) return {};
    const auto& last = location->back();
    return last.is_string() ? last.get<std::string>() : std::string();
}

std::string listed(const json& complaints) {
    std::string line;
    for (const auto& complaint : complaints) {
        if (line.size() > longestSentence) break;
        std::string says = complaint.is_string() ? complaint.get<std::string>() : member(complaint, "msg");
        if (says.empty()) continue;
        const std::string field = complaint.is_object() ? fieldOf(complaint) : std::string();
        line += (line.empty() ? "" : "; ") + (field.empty() ? says : field + ": " + says);
    }
    return line;
}

std::string detailOf(const json& body) {
    if (!body.is_object()) return {};
    const auto detail = body.find("detail");
    if (detail == body.end()) return member(body, "message");
    if (detail->is_array()) return listed(*detail);
    return detail->is_string() ? detail->get<std::string>() : member(*detail, "message");
}

std::string ended(std::string sentence) {
    if (!sentence.empty() && std::string_view(".!?").find(sentence.back()) == std::string_view::npos)
        sentence += '.';
    return sentence;
}

std::optional<std::uint64_t> limitOf(const net::Response& response) {
    const auto header = response.head.headers.find("tus-max-size");
    std::uint64_t limit = 0;
    if (!header) return std::nullopt;
    const auto [end, fault] = std::from_chars(header->data(), header->data() + header->size(), limit);
    if (fault != std::errc{} || end != header->data() + header->size()) return std::nullopt;
    return limit;
}

std::string withWords(std::string sentence, const std::string& words) {
    return words.empty() ? sentence : sentence + " It says: " + words;
}

Error mayPassLater(const net::Response& response, const std::string& host) {
    const int status = response.head.status;
    const bool isRate = status == 429;
    return {.kind = isRate ? Kind::rate_limited : Kind::network,
            .message =
                isRate ? "The backend " + host + " asks to be sent less at a time. It is tried again later."
                       : "The backend " + host + " could not answer just now (status " +
                             std::to_string(status) + "). It can be tried again.",
            .retryable = true,
            .retryAfterMs = net::retryAfterMs(response.head.headers, std::chrono::system_clock::now())};
}

}  // namespace

std::string backendSays(std::string_view body, std::span<const std::string_view> secrets) {
    const json parsed = json::parse(body, nullptr, false);
    if (parsed.is_discarded()) return {};
    const std::string words = cleanLine(detailOf(parsed));
    const bool quotes = std::ranges::any_of(secrets, [&](std::string_view secret) {
        return !secret.empty() && words.find(secret) != std::string::npos;
    });
    if (quotes) return {};
    return ended(std::string(cutTo(words, longestSentence - 1)));
}

Error refusal(const net::Response& response, std::uint64_t offeredBytes,
              std::span<const std::string_view> secrets) {
    const int status = response.head.status;
    const std::string& host = response.head.url.host();
    const std::string words = backendSays(response.body, secrets);
    if (status == 401 || status == 403)
        return {.kind = Kind::backend_unauthorized,
                .message = withWords(
                    "Sign in to " + host + " again or enter a new token in Auricle's settings.", words)};
    if (net::statusMayPass(status)) return mayPassLater(response, host);
    if (status == 413)
        return {.kind = Kind::too_large,
                .message = withWords("The recording is larger than the backend " + host + " accepts.", words),
                .sizeBytes = offeredBytes,
                .limitBytes = limitOf(response)};
    if (status >= 300 && status <= 399)
        return nonsense(response.head.url,
                        "answered with a redirect. Enter the address that it leads to in Auricle's settings, "
                        "or sign in there");
    return {.kind = Kind::upload_rejected,
            .message = withWords("The backend " + host + " did not accept the recording (status " +
                                     std::to_string(status) + ").",
                                 words)};
}

Error nonsense(const net::Url& backend, std::string_view what) {
    return {.kind = Kind::upload_rejected,
            .message = "The backend " + backend.host() + " " + std::string(what) + "."};
}

}  // namespace auricle::delivery
