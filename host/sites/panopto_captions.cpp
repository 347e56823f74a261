#include "sites/panopto_captions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sites/srt.h"

namespace auricle::sites {

namespace asio = boost::asio;
using nlohmann::json;
using namespace std::string_view_literals;

namespace {

constexpr std::array languages{"en-US"sv, "en-GB"sv, "es-MX"sv, "es-ES"sv, "de-DE"sv, "fr-FR"sv,
                               "nl-NL"sv, "th-TH"sv, "zh-CN"sv, "zh-TW"sv, "ko-KR"sv, "ja-JP"sv,
                               "ru-RU"sv, "pt-PT"sv, "pl-PL"sv, "en-AU"sv, "da-DK"sv, "fi-FI"sv,
                               "hu-HU"sv, "nb-NO"sv, "sv-SE"sv, "it-IT"sv};
constexpr std::string_view privateUse = "x-panopto-";
constexpr std::uint64_t maxAnswerBytes = 8u << 20;
constexpr std::uint32_t answerWithinMs = 30'000;
constexpr std::size_t maxCues = 100'000;

std::unexpected<Error> noneThere() {
    return fail(Kind::not_found, "Panopto gives no captions of this recording.");
}

asio::awaitable<Result<std::string>> bodyOf(net::Request request, Visit visit) {
    constexpr int ok = 200;
    request.credentials = &visit.credentials;
    request.maxRedirects = 0;
    request.maxBodyBytes = maxAnswerBytes;
    request.totalTimeoutMs = answerWithinMs;
    request.stop = visit.stop;
    auto response = co_await visit.http.send(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    if (response->head.status != ok) co_return noneThere();
    co_return std::move(response->body);
}

std::uint64_t millisecondsOf(const json& row, const char* name) {
    constexpr double msPerSecond = 1000, longestSeconds = 1e6;
    auto found = row.find(name);
    if (found == row.end() || !found->is_number()) return 0;
    auto seconds = found->get<double>();
    bool isSane = std::isfinite(seconds) && seconds > 0 && seconds < longestSeconds;
    return isSane ? static_cast<std::uint64_t>(std::llround(seconds * msPerSecond)) : 0;
}

/// `[{"Caption", "Time", "CaptionDuration"}]`, times in seconds; its `Duration` is always 0. Whatever is not
/// a list (a sign-in page, an ErrorCode) has none.
std::vector<Cue> cuesOf(const std::string& body) {
    std::vector<Cue> cues;
    auto rows = json::parse(body, nullptr, false);
    if (!rows.is_array()) return cues;
    for (const auto& row : rows) {
        auto text = row.is_object() ? row.find("Caption") : row.end();
        if (text == row.end() || !text->is_string() || cues.size() == maxCues) continue;
        cues.push_back({.startMs = millisecondsOf(row, "Time"),
                        .durationMs = millisecondsOf(row, "CaptionDuration"),
                        .text = text->get<std::string>()});
    }
    return cues;
}

asio::awaitable<Result<std::string>> askPlayer(Page page, unsigned number, Visit visit) {
    auto url = page.url.resolve("/Panopto/Pages/Viewer/DeliveryInfo.aspx");
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request;
    request.method = "POST";
    request.url = std::move(*url);
    request.headers = {{"Accept", "application/json, text/javascript, */*; q=0.01"},
                       {"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"}};
    request.body = (page.idIsTid ? "tid=" : "deliveryId=") + page.id +
                   "&getCaptions=true&language=" + std::to_string(number) + "&responseType=json";
    auto body = co_await bodyOf(std::move(request), visit);
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return srtOf(cuesOf(*body));
}

asio::awaitable<Result<std::string>> askForFile(Page page, unsigned number, Visit visit) {
    if (page.idIsTid) co_return noneThere();
    auto url = page.url.resolve("/Panopto/Pages/Transcription/GenerateSRT.ashx?id=" + page.id +
                                "&language=" + std::to_string(number));
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request;
    request.url = std::move(*url);
    auto body = co_await bodyOf(std::move(request), visit);
    if (!body) co_return std::unexpected(std::move(body.error()));
    auto cues = readSrt(*body);
    if (!cues) co_return noneThere();
    co_return srtOf(std::move(*cues));
}

}  // namespace

std::string panoptoLanguage(unsigned number) {
    if (number < languages.size()) return std::string(languages[number]);
    return std::string(privateUse) + std::to_string(number);
}

std::optional<unsigned> panoptoLanguageNumber(std::string_view tag) {
    if (const auto* found = std::ranges::find(languages, tag); found != languages.end())
        return static_cast<unsigned>(found - languages.begin());
    if (!tag.starts_with(privateUse)) return std::nullopt;
    tag.remove_prefix(privateUse.size());
    unsigned number = 0;
    auto [end, fault] = std::from_chars(tag.data(), tag.data() + tag.size(), number);
    bool isNumber = fault == std::errc{} && end == tag.data() + tag.size();
    return isNumber ? std::optional(number) : std::nullopt;
}

asio::awaitable<Result<Captions>> panoptoCaptions(Page page, std::string language, Visit visit) {
    auto number = panoptoLanguageNumber(language);
    if (!number) co_return noneThere();
    auto srt = co_await askPlayer(page, *number, visit);
    if ((!srt || srt->empty()) && !visit.stop.stop_requested())
        srt = co_await askForFile(page, *number, visit);
    if (!srt) co_return std::unexpected(std::move(srt.error()));
    if (srt->empty()) co_return noneThere();
    co_return Captions{.language = std::move(language), .srt = std::move(*srt)};
}

}  // namespace auricle::sites
