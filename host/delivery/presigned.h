// An upload in parts to addresses that were signed beforehand, such as S3's (docs/backend.md "Presigned
// parts"): several at a time, each repeated by itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "delivery/delivery.h"
#include "delivery/upload_place.h"
#include "net/http.h"
#include "net/retry.h"
#include "net/url.h"
#include "system/error.h"

namespace auricle::delivery {

struct PresignedJob {
    int file = -1;  ///< descriptor, borrowed; must stay open while run() goes on
    std::uint64_t bytes = 0;
    unsigned atOnce = 4;
    net::Url backend;
    /// Asks for a new and empty place when the old one is gone or its signatures have expired.
    std::function<boost::asio::awaitable<Result<UploadPlace>>()> freshPlace{};
    std::function<void(std::uint64_t)> uploaded{};  ///< told the bytes of the parts that are stored
    net::RetryPolicy policy{.attempts = 8};         ///< for each part
};

/// Parts carry neither Authorization nor cookies: their address is all that lets them in, and it leads to
/// another origin. The call that joins them goes to the backend, with its token.
class PresignedUpload {
  public:
    PresignedUpload(PresignedJob job, Visit visit);
    /// Returns when the backend has joined the parts. Errors: backend_unauthorized, too_large,
    /// upload_rejected, internal (the file cannot be read), and those of net::HttpClient.
    boost::asio::awaitable<Result<void>> run(UploadPlace place);

  private:
    /// What became of a part, or of joining them: done, or gone with its place.
    enum class Stored : std::uint8_t { yes, placeIsGone };

    Result<void> judge(const UploadPlace& place) const;
    boost::asio::awaitable<Result<Stored>> sendAll();
    boost::asio::awaitable<void> sendSome();
    boost::asio::awaitable<Result<Stored>> sendPart(std::size_t index);
    boost::asio::awaitable<Result<Stored>> sendPartOnce(std::size_t index);
    boost::asio::awaitable<Result<Stored>> join();
    boost::asio::awaitable<Result<net::Response>> joinOnce(const std::string& body);
    Result<Stored> judgePart(const net::Response& response, std::size_t index);
    std::uint64_t bytesOf(std::size_t index) const;
    void end(Result<Stored> how);

    PresignedJob job_;
    Visit visit_;
    UploadPlace place_;
    std::vector<std::string> etags_;  ///< by part; empty where it is not stored yet
    std::size_t next_ = 0;            ///< the first part that nobody has taken
    std::uint64_t storedBytes_ = 0;
    std::optional<Result<Stored>> early_;  ///< why the parts under way were stopped
    std::stop_source abort_;
};

}  // namespace auricle::delivery
