// The captures' JSON form until host/capture brings its own; goes away with it.
#include <nlohmann/json.hpp>

#include "capture/capture.h"
#include "system/time_text.h"

namespace auricle::capture {

std::string_view word(State state) {
    return state == State::done ? "done" : "downloading";
}

nlohmann::json toJson(const Error& error) {
    nlohmann::json data{{"kind", auricle::word(error.kind)}, {"retryable", error.retryable}};
    if (!error.path.empty()) data["path"] = error.path;
    if (error.sizeBytes) data["sizeBytes"] = *error.sizeBytes;
    if (error.limitBytes) data["limitBytes"] = *error.limitBytes;
    return {{"code", -32000}, {"message", error.message}, {"data", std::move(data)}};
}

nlohmann::json toJson(const Capture& capture) {
    return {{"id", capture.id},
            {"key", capture.key},
            {"page", capture.page},
            {"title", capture.title},
            {"state", word(capture.state)},
            {"attempt", capture.attempt},
            {"startedAt", rfc3339(capture.startedAtMs)}};
}

}  // namespace auricle::capture
