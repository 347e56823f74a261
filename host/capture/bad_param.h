// A parameter of a request that cannot be used: which one, and why.
#pragma once

#include <string>

#include "system/error.h"

namespace auricle::capture {

/// `path`: a JSON Pointer into the request's params (RFC 6901).
inline std::unexpected<Error> badParam(std::string path, std::string message) {
    return std::unexpected(
        Error{.kind = Kind::bad_params, .message = std::move(message), .path = std::move(path)});
}

}  // namespace auricle::capture
