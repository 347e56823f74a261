#include "capture/capture.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "system/rfc3339.h"

namespace auricle::capture {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, static_cast<std::size_t>(State::cancelled) + 1> words{
    "queued", "resolving",           "downloading", "finishing", "uploading",
    "done",   "waiting_for_cookies", "parked",      "failed",    "cancelled"};

constexpr int applicationFault = -32000;  // PROTOCOL section 2: every fault that is not the protocol's own

template <class T>
json orNull(const T& value, bool isKnown) {
    return isKnown ? json(value) : json(nullptr);
}

json toJson(const Outcome& outcome, bool toBackend) {
    json out{{"bytes", outcome.bytes},
             {"sha256", outcome.sha256},
             {"mime", outcome.mime},
             {"durationMs", outcome.durationMs},
             {"confirmed", outcome.confirmed}};
    if (toBackend) out["lecture"] = outcome.lecture;
    if (outcome.created) out["created"] = *outcome.created;
    if (outcome.encodedFrom) out["encodedFrom"] = outcome.encodedFrom;
    if (!outcome.captions.empty()) out["captions"] = json::array({outcome.captions});
    if (!outcome.file.empty()) out["file"] = outcome.file;
    return out;
}

}  // namespace

std::string_view word(State state) {
    return words[static_cast<std::size_t>(state)];
}

std::optional<State> stateOf(std::string_view text) {
    auto found = std::ranges::find(words, text);
    if (found == words.end()) return std::nullopt;
    return static_cast<State>(found - words.begin());
}

bool isOver(State state) {
    return state == State::done || state == State::failed || state == State::cancelled;
}

double Capture::saved() const {
    if (!plan || plan->wholeBytes == 0) return 0;
    auto fetched = plan->bytes ? plan->bytes : total ? total : done;
    return std::clamp(1.0 - static_cast<double>(fetched) / static_cast<double>(plan->wholeBytes), 0.0, 1.0);
}

json toJson(const Capture& capture) {
    bool wholeIsKnown = capture.plan && capture.plan->wholeBytes > 0;
    json out{{"id", capture.id},
             {"key", capture.key},
             {"page", capture.page},
             {"site", capture.site},
             {"title", orNull(capture.title, !capture.title.empty())},
             {"state", word(capture.state)},
             {"done", capture.done},
             {"total", orNull(capture.total, capture.total > 0)},
             {"rate", capture.rate},
             {"etaMs", orNull(capture.etaMs.value_or(0), capture.etaMs.has_value())},
             {"saved", orNull(capture.saved(), wholeIsKnown)},
             {"attempt", capture.attempt},
             {"startedAt", rfc3339(capture.startedAtMs)}};
    if (!capture.phase.empty()) out["phase"] = capture.phase;
    if (capture.plan) {
        out["plan"] = {{"how", capture.plan->how},
                       {"bytes", orNull(capture.plan->bytes, capture.plan->bytes > 0)},
                       {"wholeBytes", orNull(capture.plan->wholeBytes, wholeIsKnown)}};
    }
    bool toBackend = capture.target.to == delivery::Target::To::backend;
    if (toBackend) out["uploaded"] = capture.uploaded;
    if (capture.endedAtMs) out["endedAt"] = rfc3339(*capture.endedAtMs);
    if (capture.error) out["error"] = toJson(*capture.error);
    if (capture.result) out["result"] = toJson(*capture.result, toBackend);
    return out;
}

json toJson(const Error& error) {
    json data{{"kind", word(error.kind)}, {"retryable", error.retryable}};
    if (!error.path.empty()) data["path"] = error.path;
    if (error.retryAfterMs) data["retryAfterMs"] = *error.retryAfterMs;
    if (error.sizeBytes) data["sizeBytes"] = *error.sizeBytes;
    if (error.limitBytes) data["limitBytes"] = *error.limitBytes;
    return {{"code", applicationFault}, {"message", error.message}, {"data", std::move(data)}};
}

}  // namespace auricle::capture
