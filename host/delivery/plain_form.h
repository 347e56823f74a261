// The plain form: the whole recording in one POST of multipart/form-data, which any backend can take
// (docs/backend.md "The plain form"). It confirms no digest and cannot be resumed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "delivery/delivery.h"
#include "net/http.h"
#include "net/retry.h"
#include "net/url.h"
#include "system/error.h"
#include "vault/secret.h"

namespace auricle::delivery {

/// What is sent. The file is read as it goes, with its length known beforehand.
struct FormJob {
    int file = -1;  ///< descriptor, borrowed; must stay open while it is sent
    const Parcel& parcel;
    std::string courseId;   ///< may be empty
    std::string sourceUrl;  ///< as judgeSourceUrl gave it
    /// Told how much of the file has been sent; begins anew with every try.
    std::function<void(std::uint64_t)> sent;
};

/// The `metadata` field: `{"session_id","course_id"?,"title","duration"? (seconds),"source_url"}` as JSON
/// text. What is not known is left out.
std::string formMetadata(const FormJob& job);

class PlainForm {
  public:
    struct Receipt {
        std::string lecture;
        std::optional<bool>
            created;  ///< false: the backend had this recording already; nothing: it does not say
    };

    PlainForm(net::Url backend, Visit visit, net::RetryPolicy policy);

    /// POST /api/lectures/audio, from the first byte again after whatever may pass. Errors:
    /// backend_unauthorized, too_large, upload_rejected (all with the backend's own words), rate_limited,
    /// internal (the file cannot be read), and those of net::HttpClient.
    boost::asio::awaitable<Result<Receipt>> send(FormJob job);
    /// The same form to an address that POST /api/lectures named. False: that address is gone (404, 410).
    boost::asio::awaitable<Result<bool>> sendTo(vault::Secret address, FormJob job);

    /// Asks GET …/status until the backend has worked the recording up, or `withinMs` of pauses have passed
    /// (0: does not ask): both are a success. upload_rejected when it says that it failed, or no longer has
    /// it: StudyBuddy deletes what it cannot work up. A backend that has no such address is not asked again.
    boost::asio::awaitable<Result<void>> follow(std::string lecture, std::uint64_t withinMs);
    /// Does the backend still have what an earlier attempt sent?
    boost::asio::awaitable<bool> has(std::string lecture);

  private:
    struct Standing;

    boost::asio::awaitable<Result<net::Response>> post(net::Url url, const FormJob& job);
    boost::asio::awaitable<Result<net::Response>> postOnce(const net::Url& url, const FormJob& job);
    boost::asio::awaitable<Standing> askStanding(std::string lecture);
    Standing standingOf(const net::Response& response) const;
    Result<Receipt> receiptOf(const net::Response& response) const;
    Error refused(const net::Response& response) const;
    Error notWorkedUp(const std::string& words) const;

    net::Url backend_;
    Visit visit_;
    net::RetryPolicy policy_;
    std::uint64_t offeredBytes_ = 0;  ///< for the error of a 413
};

}  // namespace auricle::delivery
