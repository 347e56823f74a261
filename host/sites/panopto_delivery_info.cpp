#include "sites/panopto_delivery_info.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "media/container.h"
#include "sites/panopto_page.h"
#include "sites/plain_text.h"

namespace auricle::sites {
namespace {

using nlohmann::json;
using namespace std::string_view_literals;

constexpr std::size_t maxTitleBytes = 500, maxSentenceBytes = 300;

/// Everything else is dropped as it is read, at whatever depth: people's names, and megabytes of timestamps.
bool isNeeded(std::string_view key) {
    constexpr std::array needed{"ErrorCode"sv,
                                "ErrorMessage"sv,
                                "SessionId"sv,
                                "Delivery"sv,
                                "PublicID"sv,
                                "SessionPublicID"sv,
                                "SessionName"sv,
                                "SessionGroupLongName"sv,
                                "Duration"sv,
                                "IsAudioPodcastEncodeComplete"sv,
                                "IsActiveBroadcast"sv,
                                "IsBroadcast"sv,
                                "BroadcastEnded"sv,
                                "IsPurgedEncode"sv,
                                "RehydrationAvailable"sv,
                                "IsDownloadAvailable"sv,
                                "PodcastStreams"sv,
                                "Streams"sv,
                                "StreamUrl"sv,
                                "StreamHttpUrl"sv,
                                "Tag"sv,
                                "ViewerMediaFileTypeName"sv};
    return std::ranges::find(needed, key) != needed.end();
}

json parse(std::string_view body) {
    auto keep = [](int, json::parse_event_t event, json& parsed) {
        return event != json::parse_event_t::key || isNeeded(parsed.get_ref<const std::string&>());
    };
    return json::parse(body, keep, false);
}

/// The member of that name, or null: for what is no object too.
const json& member(const json& object, const char* name) {
    static const json absent;
    if (!object.is_object()) return absent;
    auto found = object.find(name);
    return found == object.end() ? absent : *found;
}

std::string_view textAt(const json& object, const char* name) {
    const auto* text = member(object, name).get_ptr<const json::string_t*>();
    return text ? std::string_view(*text) : std::string_view();
}

bool flagAt(const json& object, const char* name, bool otherwise) {
    const auto& value = member(object, name);
    return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::string guidAt(const json& object, const char* name) {
    return guid(textAt(object, name)).value_or("");
}

std::uint64_t millisecondsAt(const json& object, const char* name) {
    constexpr double msPerSecond = 1000, longestSeconds = 1e9;
    const auto& value = member(object, name);
    auto seconds = value.is_number() ? value.get<double>() : 0.0;
    return std::isfinite(seconds) && seconds > 0 && seconds < longestSeconds
               ? static_cast<std::uint64_t>(std::llround(seconds * msPerSecond))
               : 0;
}

/// The kind is told by its name, and by the end of its address only where there is none (a panobf1 is an MP4,
/// a panobf2 a playlist).
std::optional<DeliveryInfo::Video> videoOf(const json& stream) {
    for (const auto* name : {"StreamUrl", "StreamHttpUrl"}) {
        auto url = net::Url::parse(textAt(stream, name));
        if (!url || !url->isHttps()) continue;
        auto type = textAt(stream, "ViewerMediaFileTypeName");
        const auto& path = url->path();
        bool isPlaylist =
            type == "hls" || (type.empty() && (path.ends_with(".m3u8") || path.ends_with(".panobf2")));
        bool isFile =
            type == "mp4" || (type.empty() && (path.ends_with(".mp4") || path.ends_with(".panobf1")));
        if (isPlaylist || isFile)
            return DeliveryInfo::Video{.url = std::move(*url), .isPlaylist = isPlaylist};
    }
    return std::nullopt;
}

std::optional<DeliveryInfo::Video> videoOfDelivery(const json& delivery) {
    for (const auto& stream : member(delivery, "PodcastStreams")) {
        if (auto video = videoOf(stream)) return video;
    }
    for (const auto& stream : member(delivery, "Streams")) {
        if (textAt(stream, "Tag") != "DV") continue;
        if (auto video = videoOf(stream)) return video;
    }
    return std::nullopt;
}

std::unexpected<Error> notReadable(std::string_view body) {
    auto head = std::as_bytes(std::span(body.data(), body.size()));
    if (media::firstLook(head) == media::FirstLook::html) {
        return fail(Kind::login_required,
                    "Panopto showed its sign-in page. Sign in to Panopto in the browser and try again.");
    }
    return fail(Kind::network,
                "Panopto's answer about this recording could not be read. Try again in a moment.", true);
}

Result<void> judgeErrorCode(const json& answer) {
    constexpr int notSignedIn = 2;
    const auto& code = member(answer, "ErrorCode");
    if (!code.is_number() || code == 0) return {};
    auto said = plainText(textAt(answer, "ErrorMessage"), maxSentenceBytes);
    auto quoted = said.empty() ? std::string(".") : ": “" + said + "”";
    if (code == notSignedIn) {
        return fail(Kind::login_required, "Panopto asks for a sign-in" + quoted +
                                              " Sign in to Panopto in the browser and try again.");
    }
    return fail(Kind::not_found, "Panopto does not give this recording" + quoted +
                                     " Check that its page opens in the browser.");
}

}  // namespace

Result<DeliveryInfo> parseDeliveryInfo(std::string_view body) {
    auto answer = parse(body);
    if (!answer.is_object()) return notReadable(body);
    if (auto judged = judgeErrorCode(answer); !judged) return std::unexpected(judged.error());
    const auto& delivery = member(answer, "Delivery");
    if (!delivery.is_object()) {
        return fail(Kind::not_found,
                    "Panopto knows no recording at this address. Check that its page opens in the browser.");
    }
    DeliveryInfo info;
    info.publicId = guidAt(delivery, "PublicID");
    info.sessionId = guidAt(answer, "SessionId");
    if (info.sessionId.empty()) info.sessionId = guidAt(delivery, "SessionPublicID");
    info.title = plainText(textAt(delivery, "SessionName"), maxTitleBytes);
    info.course = plainText(textAt(delivery, "SessionGroupLongName"), maxTitleBytes);
    info.durationMs = millisecondsAt(delivery, "Duration");
    info.isAudioEncoded = flagAt(delivery, "IsAudioPodcastEncodeComplete", true);
    info.isLive = flagAt(delivery, "IsActiveBroadcast", false) ||
                  (flagAt(delivery, "IsBroadcast", false) && !flagAt(delivery, "BroadcastEnded", true));
    info.isPurged = flagAt(delivery, "IsPurgedEncode", false);
    info.canBeRestored = flagAt(delivery, "RehydrationAvailable", false);
    info.areDownloadsOff =
        !flagAt(delivery, "IsDownloadAvailable", true) || !flagAt(answer, "IsDownloadAvailable", true);
    info.video = videoOfDelivery(delivery);
    return info;
}

}  // namespace auricle::sites
