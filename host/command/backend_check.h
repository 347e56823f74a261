// What `auricle doctor` says of a backend: whether it is there, and whether a token is good there.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

#include "installer/finding.h"
#include "net/http.h"

namespace auricle::command {

/// A backend to look at. `bearer` is not copied and must outlive the check.
struct BackendTrial {
    net::Url origin;
    const vault::Secret* bearer = nullptr;  ///< a token without "Bearer "; null: none is at hand
    std::uint32_t waitMs = 5000;            ///< for each answer
};

/// Asks `GET /api/health`, and for a token `GET /api/courses` and `GET /api/lectures/…` with and without it:
/// the difference tells. Changes nothing at the backend.
boost::asio::awaitable<installer::Findings> checkBackend(net::HttpClient& http, BackendTrial trial);

}  // namespace auricle::command
