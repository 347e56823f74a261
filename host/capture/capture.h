// One capture as the protocol shows it: what it is, where it stands, what came of it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "delivery/delivery.h"
#include "system/error.h"

namespace auricle::capture {

/// PROTOCOL section 3, capture.start.
enum class State : std::uint8_t {
    queued,
    resolving,
    downloading,
    finishing,
    uploading,
    done,
    waiting_for_cookies,
    parked,
    failed,
    cancelled
};
std::string_view word(State state);
std::optional<State> stateOf(std::string_view word);
/// done, failed or cancelled: nothing goes on by itself.
bool isOver(State state);

struct PlanTaken {
    std::string how;
    std::uint64_t bytes = 0;       ///< 0: not known
    std::uint64_t wholeBytes = 0;  ///< what the video would have cost; 0: not known
};

struct Outcome {
    std::string file;  ///< where it lies, when it was delivered to a folder
    std::uint64_t bytes = 0;
    std::string sha256, mime;
    std::uint64_t durationMs = 0;
    std::string lecture;  ///< the backend's id, when it was delivered to one
    bool confirmed = false;
    std::optional<bool> created{};  ///< plain form: false where the backend had the recording already
    std::uint64_t encodedFrom = 0;  ///< bytes it had before it was encoded anew to fit; 0: it was not
    std::string captions{};         ///< language (BCP 47) of those that went along; empty: none did
};

struct Capture {
    std::string id, key, page, site, title;
    State state = State::queued;
    std::string phase;  ///< "downloading" or "uploading" while both go on: what is slower; may be empty
    std::optional<PlanTaken> plan;
    std::uint64_t done = 0, total = 0, uploaded = 0;  ///< bytes; total 0: not known
    std::uint64_t rate = 0;                           ///< bytes a second, smoothed
    std::optional<std::uint64_t> etaMs;
    unsigned attempt = 1;
    std::int64_t startedAtMs = 0;  ///< Unix time, ms
    std::optional<std::int64_t> endedAtMs;
    std::optional<Error> error;
    std::optional<Outcome> result;
    std::string store;  ///< the browser's cookie store
    delivery::Target target;

    /// The share of the video's bytes that was not downloaded, 0 to 1; 0 where the video's size is not known.
    double saved() const;
};

/// As the protocol has it. `startedAt` and `endedAt` are RFC 3339 in UTC with ms.
nlohmann::json toJson(const Capture& capture);
/// `{"code":-32000,"message":…,"data":{"kind":…,"retryable":…,…}}` of PROTOCOL section 2.
nlohmann::json toJson(const Error& error);

}  // namespace auricle::capture
