#include "sites/playback_manifest.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "media/container.h"
#include "sites/plain_text.h"

namespace auricle::sites {
namespace {

using nlohmann::json;

constexpr std::size_t maxTitleBytes = 200, maxNameBytes = 128;
constexpr std::size_t mostRenditions = 64;
constexpr double mostSeconds = 1e6;
constexpr std::uint64_t mostBitsPerSecond = 1'000'000'000, mostSegmentBytes = 1u << 30;

std::unexpected<Error> notOne(std::string_view why) {
    return fail(Kind::not_media, "The playback server does not describe this video in a way that is known (" +
                                     std::string(why) + ").");
}

const json* member(const json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text(const json& object, const char* name) {
    const auto* value = member(object, name);
    return value && value->is_string() ? value->get<std::string>() : std::string();
}

std::uint64_t number(const json& object, const char* name, std::uint64_t most) {
    const auto* value = member(object, name);
    if (!value || !value->is_number_unsigned()) return 0;
    return std::min(value->get<std::uint64_t>(), most);
}

double seconds(const json& object, const char* name) {
    const auto* value = member(object, name);
    const double given = value && value->is_number() ? value->get<double>() : 0;
    return given > 0 && given < mostSeconds ? given : 0;
}

bool isTrue(const json& object, const char* name) {
    const auto* value = member(object, name);
    return value && value->is_boolean() && value->get<bool>();
}

/// Keys are asked for by number: a hole in the numbers would be one in the sound.
bool isNumbered(const json& segment, std::size_t index) {
    const auto* given = member(segment, "segIdx");
    return given && given->is_number_unsigned() && given->get<std::uint64_t>() == index;
}

Result<PlaybackRendition> readRendition(const json& from) {
    PlaybackRendition rendition;
    rendition.name = text(from, "name");
    if (rendition.name.empty() || rendition.name.size() > maxNameBytes)
        return notOne("a rendition has no name");
    rendition.bitsPerSecond = number(from, "bandwidth", mostBitsPerSecond);
    rendition.hasAudio = isTrue(from, "hasAudio");
    const auto* init = member(from, "init");
    auto initUrl = init ? text(*init, "url") : std::string();
    const auto* segments = member(from, "segments");
    if ((init && initUrl.empty()) || !segments || !segments->is_array() || segments->empty())
        return notOne("a rendition has no segments");
    if (segments->size() > media::mostSegments)
        return fail(Kind::too_large, "The video has more segments than any recording.");
    std::optional<std::uint32_t> initPlace;
    if (init) {
        rendition.list.inits.push_back({.uri = std::move(initUrl)});
        initPlace = 0;
    }
    for (std::size_t i = 0; i < segments->size(); ++i) {
        const auto& segment = (*segments)[i];
        auto url = text(segment, "url");
        if (url.empty() || !isNumbered(segment, i)) return notOne("its segments are not numbered in order");
        rendition.bytes += number(segment, "bytes", mostSegmentBytes);
        rendition.list.segments.push_back(
            {.uri = std::move(url),
             .durationUs = static_cast<std::uint64_t>(std::llround(seconds(segment, "duration") * 1e6)),
             .number = i,
             .init = initPlace});
    }
    return rendition;
}

}  // namespace

Result<PlaybackManifest> readPlaybackManifest(const std::string& from) {
    if (media::firstLook(std::as_bytes(std::span(from))) == media::FirstLook::html) {
        return fail(Kind::login_required,
                    "The playback server sent a web page in place of the video's description: it wants you "
                    "to sign in. Sign in there in the browser.");
    }
    const auto parsed = json::parse(from, nullptr, false);
    const auto* version = member(parsed, "version");
    if (!version || !version->is_number_unsigned() || version->get<std::uint64_t>() != 1)
        return notOne("its version is not 1");
    PlaybackManifest manifest;
    manifest.videoId = text(parsed, "videoId");
    manifest.title = plainText(text(parsed, "title"), maxTitleBytes);
    manifest.durationMs = static_cast<std::uint64_t>(std::llround(seconds(parsed, "duration") * 1000));
    const auto* renditions = member(parsed, "renditions");
    if (!renditions || !renditions->is_array() || renditions->empty() || renditions->size() > mostRenditions)
        return notOne("it has no renditions");
    for (const auto& one : *renditions) {
        auto rendition = readRendition(one);
        if (!rendition) return std::unexpected(std::move(rendition.error()));
        manifest.renditions.push_back(std::move(*rendition));
    }
    std::ranges::stable_sort(manifest.renditions, {}, [](const PlaybackRendition& one) {
        return std::pair(one.bitsPerSecond, one.bytes);
    });
    return manifest;
}

}  // namespace auricle::sites
