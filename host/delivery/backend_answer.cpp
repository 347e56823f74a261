#include "delivery/backend_answer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
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
    if (detail == body.end()) {
        const std::string message = member(body, "message");
        return message.empty() ? member(body, "error") : message;
    }
    if (detail->is_array()) return listed(*detail);
    return detail->is_string() ? detail->get<std::string>() : member(*detail, "message");
}

std::string ended(std::string sentence) {
    if (!sentence.empty() && std::string_view(".!?").find(sentence.back()) == std::string_view::npos)
        sentence += '.';
    return sentence;
}

std::optional<std::uint64_t> limitInHeader(const net::Response& response) {
    const auto header = response.head.headers.find("tus-max-size");
    std::uint64_t limit = 0;
    if (!header) return std::nullopt;
    const auto [end, fault] = std::from_chars(header->data(), header->data() + header->size(), limit);
    if (fault != std::errc{} || end != header->data() + header->size()) return std::nullopt;
    return limit;
}

/// The bits by which a unit shifts, when `text` begins with one such as "MB" or "GiB"; backends count in
/// powers of 1024, whichever way they write it.
std::optional<unsigned> unitAt(std::string_view text) {
    const auto kind = std::string_view("KMG").find(static_cast<char>(text.empty() ? 0 : text[0] & ~0x20));
    if (kind == std::string_view::npos) return std::nullopt;
    text.remove_prefix(text.substr(1).starts_with('i') ? 2 : 1);
    if (text.empty() || (text[0] != 'B' && text[0] != 'b')) return std::nullopt;
    return static_cast<unsigned>(10 * (kind + 1));
}

/// The last size that a sentence names, such as "100 MB" or "1.5GiB", in bytes.
std::optional<std::uint64_t> limitInWords(std::string_view words) {
    std::optional<std::uint64_t> limit;
    while (!words.empty()) {
        double number = 0;
        const auto [end, fault] = std::from_chars(words.data(), words.data() + words.size(), number);
        const bool isNumber = fault == std::errc{} && words[0] >= '0' && words[0] <= '9';
        words.remove_prefix(isNumber ? static_cast<std::size_t>(end - words.data()) : 1);
        if (!isNumber || number >= 1e6) continue;
        const auto unit = unitAt(words.substr(words.starts_with(' ') ? 1 : 0));
        if (unit) limit = static_cast<std::uint64_t>(std::ldexp(number, static_cast<int>(*unit)));
    }
    return limit;
}

/// "57.3 MB", rounded up: what is a byte too large must not look as if it fitted.
std::string inMegabytes(std::uint64_t bytes) {
    const std::uint64_t tenths = (bytes * 10 + (1u << 20) - 1) >> 20;
    const std::string whole = std::to_string(tenths / 10);
    return (tenths % 10 == 0 ? whole : whole + '.' + std::to_string(tenths % 10)) + " MB";
}

std::string withWords(std::string sentence, const std::string& words) {
    return words.empty() ? sentence : sentence + " It says: " + words;
}

Error tooLarge(const net::Response& response, std::uint64_t offeredBytes, const std::string& words) {
    const auto inHeader = limitInHeader(response);
    const auto limit = inHeader ? inHeader : limitInWords(words);
    std::string sentence = "The recording (" + inMegabytes(offeredBytes) + ") is larger than the backend " +
                           response.head.url.host() + " accepts";
    // Its own words name the limit where they are what it was read from.
    if (inHeader) sentence += " (at most " + inMegabytes(*inHeader) + ")";
    return {.kind = Kind::too_large,
            .message = withWords(sentence + ".", words),
            .sizeBytes = offeredBytes,
            .limitBytes = limit};
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

vault::Secret tokenFor(net::Credentials& credentials, const net::Url& url) {
    const vault::Secret authorization = credentials.authorization(url);
    std::string_view token = authorization.reveal();
    token.remove_prefix(std::min(token.find(' ') + 1, token.size()));
    return vault::Secret::copyOf(token);
}

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
    if (status == 413) return tooLarge(response, offeredBytes, words);
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
