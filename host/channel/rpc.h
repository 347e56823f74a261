// JSON-RPC 2.0 as PROTOCOL section 2 narrows it: one request a frame, ids kept as they were written, errors
// of two sorts.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "channel/json_text.h"
#include "system/error.h"

namespace auricle::channel {

/// Arrays and objects within each other that a request may have.
inline constexpr unsigned maxDepth = 64;

struct Request {
    std::string
        id;  ///< JSON text, exactly as the client wrote it; empty: a notification, which is never answered
    std::string method;
    JsonView params;  ///< an object or an array, `{}` where the request has none; views the frame
};

/// A fault of the message itself, with JSON-RPC's own code (section 5.1).
struct ProtocolFault {
    int code = 0;
    std::string message;
    std::string id = "null";  ///< JSON text: the request's, where that could be read
};

inline constexpr int notJson = -32700;
inline constexpr int noRequest = -32600;
inline constexpr int noSuchMethod = -32601;

std::expected<Request, ProtocolFault> parseRequest(std::string_view frame);

/// The texts of frames to the client. `id` is JSON text.
std::string resultText(std::string_view id, const nlohmann::json& result);
std::string errorText(std::string_view id, const Error& error);
std::string faultText(const ProtocolFault& fault);
std::string notificationText(std::string_view method, const nlohmann::json& params);

}  // namespace auricle::channel
