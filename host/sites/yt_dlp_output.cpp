#include "sites/yt_dlp_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace auricle::sites {
namespace {

using nlohmann::json;

constexpr std::size_t longestLine = 1u << 20;

/// A number of seconds or bytes; what is none, or none that can be, is 0.
double numberOf(const json& object, const char* name) {
    constexpr double most = 1e15;
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number()) return 0;
    const double value = found->get<double>();
    return value > 0 && value < most ? value : 0;
}

std::uint64_t countOf(const json& object, const char* name) {
    return static_cast<std::uint64_t>(numberOf(object, name));
}

std::string textOf(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "20261012" as "2026-10-12".
std::string isoDate(const std::string& digits) {
    const bool isDate = digits.size() == 8 &&
                        std::ranges::all_of(digits, [](unsigned char c) { return c >= '0' && c <= '9'; });
    if (!isDate) return {};
    return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6);
}

json parsed(std::string_view text) {
    return json::parse(text, nullptr, false);
}

std::uint64_t largestOf(std::string_view list) {
    const json sizes = parsed(list);
    std::uint64_t largest = 0;
    if (!sizes.is_array()) return 0;
    for (const json& size : sizes) {
        const json one{{"size", size}};
        largest = std::max(largest, countOf(one, "size"));
    }
    return largest;
}

/// An object, and behind it the sizes of all streams.
std::optional<YtDlpVideo> videoOf(std::string_view text) {
    const auto end = text.rfind("} ");
    const json object = parsed(text.substr(0, end == text.npos ? end : end + 1));
    if (!object.is_object()) return std::nullopt;
    YtDlpVideo video{.id = textOf(object, "id"),
                     .title = textOf(object, "title"),
                     .durationMs = static_cast<std::uint64_t>(numberOf(object, "duration") * 1000),
                     .bytes = countOf(object, "filesize"),
                     .date = isoDate(textOf(object, "upload_date")),
                     .liveStatus = textOf(object, "live_status")};
    if (video.bytes == 0) video.bytes = countOf(object, "filesize_approx");
    const auto live = object.find("is_live");
    if (video.liveStatus.empty() && live != object.end() && live->is_boolean() && live->get<bool>())
        video.liveStatus = "is_live";
    const auto largest = end == text.npos ? 0 : largestOf(text.substr(end + 2));
    if (largest > video.bytes) video.wholeBytes = largest + video.bytes;
    return video;
}

}  // namespace

bool YtDlpOutput::push(std::string_view bytes) {
    bool hasMoved = false;
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        if (!isOverlong_) held_ += bytes.substr(0, end);
        if (held_.size() > longestLine) {
            isOverlong_ = true;
            held_.clear();
        }
        if (end == bytes.npos) break;
        if (!std::exchange(isOverlong_, false)) hasMoved |= readLine(held_);
        held_.clear();
        bytes.remove_prefix(end + 1);
    }
    return hasMoved;
}

bool YtDlpOutput::readLine(std::string_view line) {
    constexpr std::size_t wordBytes = 5;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto rest = line.substr(std::min(wordBytes, line.size()));
    if (line.starts_with("PROG ")) return readProgress(rest);
    if (line.starts_with("META ")) {
        if (auto video = videoOf(rest)) video_ = std::move(video);
    } else if (line.starts_with("FILE ")) {
        const json name = parsed(rest);
        if (name.is_string()) file_ = name.get<std::string>();
    }
    return false;
}

bool YtDlpOutput::readProgress(std::string_view text) {
    const json object = parsed(text);
    if (!object.is_object() || object.find("downloaded_bytes") == object.end()) return false;
    done_ = countOf(object, "downloaded_bytes");
    total_ = countOf(object, "total_bytes");
    if (total_ == 0) total_ = countOf(object, "total_bytes_estimate");
    return true;
}

}  // namespace auricle::sites
