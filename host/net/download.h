// A download that goes on where it broke off: If-Range, Range, and what may be believed of the answer (SAFETY
// "Downloads").
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "net/http.h"
#include "net/retry.h"

namespace auricle::net {

/// What tells two versions of a resource apart (RFC 9110 section 8.8).
struct Validator {
    std::string etag;          ///< as sent, also a weak one
    std::string lastModified;  ///< as sent
    std::uint64_t total = 0;   ///< bytes of the whole; 0: not known

    /// May a range be asked for with it (RFC 9110 section 13.1.5): a strong ETag, or Last-Modified with a
    /// known length.
    bool allowsResume() const;
    bool operator==(const Validator&) const = default;
};

/// Where the bytes go: a part file that may already hold some.
class DownloadTarget {
  public:
    virtual ~DownloadTarget() = default;
    virtual std::uint64_t size() const = 0;   ///< bytes that are there
    virtual Validator validator() const = 0;  ///< of what those bytes belong to
    /// Bytes follow that belong behind those which are there.
    virtual Result<void> goOn() = 0;
    /// The resource begins anew under this validator. What is there is kept until the new bytes have passed
    /// it.
    virtual Result<void> startOver(const Validator& validator) = 0;
    virtual Result<void> append(std::span<const std::byte> bytes) = 0;
};

/// Judges the head of the answer before a byte of it is believed (a login page, a refusal); its error is
/// final unless it is retryable.
using JudgeHead = std::function<Result<void>(const ResponseHead&)>;

/// Downloads `request.url` whole into `target`, trying again what may pass, from the byte that was reached;
/// the count of failures starts anew whenever bytes arrived. Returns when every byte of the resource is
/// there.
boost::asio::awaitable<Result<void>> download(HttpClient& http, Request request, DownloadTarget& target,
                                              JudgeHead judge, Timing timing, RetryPolicy policy = {});

}  // namespace auricle::net
