#include "sites/panopto_delivery_info.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "media/container.h"
#include "sites/panopto_page.h"
#include "sites/plain_text.h"
#include "system/rfc3339.h"

namespace auricle::sites {
namespace {

using nlohmann::json;
using namespace std::string_view_literals;

constexpr std::size_t maxTitleBytes = 500, maxSentenceBytes = 300;

constexpr std::size_t maxDepth = 64, maxStreams = 100, maxLanguages = 100;

struct Stream {
    std::string url, httpUrl, tag, type;
    std::optional<double> start, end;  ///< seconds within the recording
};

/// The fields of an answer that are read. A field that is absent or of another type is empty.
struct Answer {
    std::optional<double> errorCode, seconds, startedAt;
    std::string errorMessage, sessionId, publicId, sessionPublicId, title, course, folderId;
    std::optional<bool> isAudioEncoded, isActive, isBroadcast, hasEnded, isPurged, canBeRestored,
        isDownloadable;
    bool hasDelivery = false;
    std::vector<Stream> podcastStreams, streams;
    std::vector<unsigned> captionLanguages;
};

/// Where in the answer a value stands.
enum class Place : std::uint8_t {
    elsewhere,
    answer,
    delivery,
    podcastStreams,
    podcastStream,
    streams,
    stream,
    captionLanguages
};

template <class Owner, class Value>
struct Field {
    Place place;
    std::string_view key;
    Value Owner::*into;
};
using enum Place;
constexpr std::array textFields{
    Field{answer, "ErrorMessage"sv, &Answer::errorMessage},
    Field{answer, "SessionId"sv, &Answer::sessionId},
    Field{delivery, "PublicID"sv, &Answer::publicId},
    Field{delivery, "SessionPublicID"sv, &Answer::sessionPublicId},
    Field{delivery, "SessionName"sv, &Answer::title},
    Field{delivery, "SessionGroupLongName"sv, &Answer::course},
    Field{delivery, "SessionGroupPublicID"sv, &Answer::folderId},
};
constexpr std::array numberFields{
    Field{answer, "ErrorCode"sv, &Answer::errorCode},
    Field{delivery, "Duration"sv, &Answer::seconds},
    Field{delivery, "SessionStartTime"sv, &Answer::startedAt},
};
constexpr std::array flagFields{
    Field{delivery, "IsAudioPodcastEncodeComplete"sv, &Answer::isAudioEncoded},
    Field{delivery, "IsActiveBroadcast"sv, &Answer::isActive},
    Field{delivery, "IsBroadcast"sv, &Answer::isBroadcast},
    Field{delivery, "BroadcastEnded"sv, &Answer::hasEnded},
    Field{delivery, "IsPurgedEncode"sv, &Answer::isPurged},
    Field{delivery, "RehydrationAvailable"sv, &Answer::canBeRestored},
    Field{delivery, "IsDownloadAvailable"sv, &Answer::isDownloadable},
};
constexpr std::array streamFields{
    Field{stream, "StreamUrl"sv, &Stream::url},
    Field{stream, "StreamHttpUrl"sv, &Stream::httpUrl},
    Field{stream, "Tag"sv, &Stream::tag},
    Field{stream, "ViewerMediaFileTypeName"sv, &Stream::type},
};
constexpr std::array streamTimes{
    Field{stream, "RelativeStart"sv, &Stream::start},
    Field{stream, "RelativeEnd"sv, &Stream::end},
};

/// Takes the needed fields as the parser comes by them and keeps nothing else: no tree, whatever the answer
/// holds.
class AnswerReader final : public nlohmann::json_sax<json> {
  public:
    explicit AnswerReader(Answer& into) : answer_(into) {}

    bool null() override { return true; }
    bool boolean(bool value) override { return keep(flagFields, value); }
    bool number_integer(number_integer_t value) override { return keepNumber(static_cast<double>(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        constexpr number_unsigned_t greatest = 9999;
        auto& languages = answer_.captionLanguages;
        if (place() == captionLanguages && value <= greatest && languages.size() < maxLanguages)
            languages.push_back(static_cast<unsigned>(value));
        return keepNumber(static_cast<double>(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return keepNumber(value); }
    bool string(string_t& value) override {
        if (auto* current = currentStream()) {
            for (const auto& field : streamFields) {
                if (field.key == key_) current->*field.into = std::move(value);
            }
            return true;
        }
        return keep(textFields, std::move(value));
    }
    bool binary(binary_t&) override { return true; }
    bool key(string_t& name) override {
        key_ = std::move(name);
        return true;
    }
    bool start_object(std::size_t) override { return enter(true); }
    bool start_array(std::size_t) override { return enter(false); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    Place place() const { return places_.empty() ? elsewhere : places_.back(); }

    template <class Fields, class Value>
    bool keep(const Fields& fields, Value&& value) {
        for (const auto& field : fields) {
            if (field.place == place() && field.key == key_) answer_.*field.into = std::forward<Value>(value);
        }
        return true;
    }

    bool keepNumber(double value) {
        if (auto* current = currentStream()) {
            for (const auto& field : streamTimes) {
                if (field.key == key_) current->*field.into = value;
            }
        }
        return keep(numberFields, value);
    }

    Stream* currentStream() {
        if (place() == podcastStream) return &answer_.podcastStreams.back();
        return place() == stream ? &answer_.streams.back() : nullptr;
    }

    Place below(bool isObject) {
        if (places_.empty()) return isObject ? answer : elsewhere;
        if (isObject && place() == answer && key_ == "Delivery") return delivery;
        if (!isObject && place() == delivery && key_ == "PodcastStreams") return podcastStreams;
        if (!isObject && place() == delivery && key_ == "Streams") return streams;
        if (!isObject && place() == delivery && key_ == "AvailableLanguages") return captionLanguages;
        if (isObject && place() == podcastStreams && answer_.podcastStreams.size() < maxStreams)
            return podcastStream;
        if (isObject && place() == streams && answer_.streams.size() < maxStreams) return stream;
        return elsewhere;
    }

    bool enter(bool isObject) {
        if (places_.size() == maxDepth) return false;
        places_.push_back(below(isObject));
        if (place() == delivery) answer_.hasDelivery = true;
        if (place() == podcastStream) answer_.podcastStreams.emplace_back();
        if (place() == stream) answer_.streams.emplace_back();
        return true;
    }
    bool leave() {
        places_.pop_back();
        return true;
    }

    Answer& answer_;
    std::vector<Place> places_;
    std::string key_;
};

/// Nothing where the body is no whole JSON object.
std::optional<Answer> readAnswer(std::string_view body) {
    Answer answer;
    AnswerReader reader(answer);
    bool isObject = body.find_first_not_of(" \t\r\n\xef\xbb\xbf") == body.find('{');
    if (!isObject || !json::sax_parse(body, &reader)) return std::nullopt;
    return answer;
}

std::uint64_t millisecondsOf(std::optional<double> seconds) {
    constexpr double msPerSecond = 1000, longestSeconds = 1e9;
    bool isSane = seconds && std::isfinite(*seconds) && *seconds > 0 && *seconds < longestSeconds;
    return isSane ? static_cast<std::uint64_t>(std::llround(*seconds * msPerSecond)) : 0;
}

/// SessionStartTime counts seconds from 1601-01-01.
std::string dateOf(std::optional<double> startedAt) {
    constexpr double from1601To1970 = 11'644'473'600, latest = 4e9;
    if (!startedAt || !std::isfinite(*startedAt)) return {};
    auto unixSeconds = *startedAt - from1601To1970;
    if (unixSeconds <= 0 || unixSeconds > latest) return {};
    return rfc3339(static_cast<std::int64_t>(unixSeconds) * 1000)
        .substr(0, std::string_view("2026-10-12").size());
}

/// Told by its name, and by the end of its address only where there is none (a panobf1 is an MP4, a panobf2
/// a playlist).
bool isPlaylist(const Stream& from, const net::Url& url) {
    if (!from.type.empty()) return from.type == "hls";
    return url.path().ends_with(".m3u8") || url.path().ends_with(".panobf2");
}

/// A recording that was made in pieces has a stream for each: one of them is not the whole.
bool reachesOverAll(const Stream& from, std::optional<double> seconds) {
    constexpr double nearly = 0.95;
    if (!from.start || !from.end || !seconds) return true;
    return *from.end - *from.start >= nearly * *seconds;
}

int rank(const DeliveryInfo::Stream& stream) {
    if (stream.tag == "AUDIO") return 0;
    if (stream.isPodcast) return 1;
    return stream.tag == "DV" ? 2 : 3;
}

void addStreams(const std::vector<Stream>& from, bool isPodcast, std::optional<double> seconds,
                std::vector<DeliveryInfo::Stream>& into) {
    for (const auto& one : from) {
        if (!reachesOverAll(one, seconds)) continue;
        for (const auto& address : {one.url, one.httpUrl}) {
            auto url = net::Url::parse(address);
            if (!url || !url->isHttps()) continue;
            bool isKnown =
                std::ranges::any_of(into, [&](const auto& other) { return other.url.text() == url->text(); });
            bool playlist = isPlaylist(one, *url);
            if (!isKnown) into.push_back({std::move(*url), one.tag, isPodcast, playlist});
            break;
        }
    }
}

std::vector<DeliveryInfo::Stream> streamsOf(const Answer& from) {
    std::vector<DeliveryInfo::Stream> all;
    addStreams(from.podcastStreams, true, from.seconds, all);
    addStreams(from.streams, false, from.seconds, all);
    std::ranges::stable_sort(all, {}, rank);
    return all;
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

Result<void> judgeErrorCode(const Answer& from) {
    constexpr double none = 0, notSignedIn = 2;
    auto code = from.errorCode.value_or(none);
    if (code == none) return {};
    auto said = plainText(from.errorMessage, maxSentenceBytes);
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
    auto from = readAnswer(body);
    if (!from) return notReadable(body);
    if (auto judged = judgeErrorCode(*from); !judged) return std::unexpected(judged.error());
    if (!from->hasDelivery) {
        return fail(Kind::not_found,
                    "Panopto knows no recording at this address. Check that its page opens in the browser.");
    }
    DeliveryInfo info;
    info.publicId = guid(from->publicId).value_or("");
    info.sessionId = guid(from->sessionId).or_else([&] { return guid(from->sessionPublicId); }).value_or("");
    info.title = plainText(from->title, maxTitleBytes);
    info.course = plainText(from->course, maxTitleBytes);
    info.durationMs = millisecondsOf(from->seconds);
    info.isAudioEncoded = from->isAudioEncoded.value_or(true);
    info.isLive = from->isActive.value_or(false) ||
                  (from->isBroadcast.value_or(false) && !from->hasEnded.value_or(true));
    info.isPurged = from->isPurged.value_or(false);
    info.canBeRestored = from->canBeRestored.value_or(false);
    info.areDownloadsOff = !from->isDownloadable.value_or(true);
    info.streams = streamsOf(*from);
    info.captionLanguages = std::move(from->captionLanguages);
    info.date = dateOf(from->startedAt);
    info.folderId = guid(from->folderId).value_or("");
    return info;
}

}  // namespace auricle::sites
