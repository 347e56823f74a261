// The client of a study backend's lectures: register one, ask where its bytes go, complete it, report or
// remove it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "delivery/delivery.h"
#include "delivery/upload_place.h"
#include "net/http.h"
#include "net/retry.h"
#include "system/error.h"

namespace auricle::delivery {

/// What a backend is told of a lecture. Nothing in it is a site's secret.
struct Registration {
    std::string courseId;  ///< may be empty
    std::string title, sourceUrl, site, mime;
    std::uint64_t durationMs = 0;  ///< 0: not known
    std::uint64_t bytes = 0;       ///< 0: not known yet
    std::string idempotencyKey;
    std::vector<std::string> accepts;  ///< the ways of uploading that are offered, the best first
};

struct Lecture {
    std::string id;
    std::string status;                ///< "uploading", "ready", …
    std::optional<UploadPlace> place;  ///< none where none was named
    std::string sha256;                ///< what it has, where it says so; may be empty
    bool acceptsCaptions = false;
    bool isNew = false;  ///< registered just now (201): its place is empty
};

enum class Completion : std::uint8_t { ready, differs };

/// Every answer is checked before it is believed: status, shape, sizes, and that an upload's place may
/// be used. What may pass is tried again as the policy says. Errors: backend_unauthorized,
/// upload_rejected, too_large, rate_limited, and those of net::HttpClient.
class BackendLectures {
  public:
    BackendLectures(net::Url backend, Visit visit, net::RetryPolicy policy);

    /// POST /api/lectures; the same key gives the same lecture again. Nothing where the backend has no such
    /// interface (404, 405).
    boost::asio::awaitable<Result<std::optional<Lecture>>> enter(Registration registration);
    /// The same once more after it was stopped half-way, in the little time that stopping may take: the id,
    /// or nothing.
    boost::asio::awaitable<std::optional<std::string>> idAfterStop(Registration registration);
    /// POST …/upload: a new and empty place.
    boost::asio::awaitable<Result<UploadPlace>> freshPlace(std::string id);
    /// POST …/complete. `differs`: what arrived has another digest.
    boost::asio::awaitable<Result<Completion>> complete(std::string id, std::uint64_t bytes,
                                                        std::string sha256);
    /// POST …/captions, which replaces those of the same language. One try; false where they were not taken.
    boost::asio::awaitable<bool> bringCaptions(std::string id, const Captions& captions);
    /// GET /api/health, so that a connection is there when it is wanted. One try, nothing comes of it.
    boost::asio::awaitable<void> knock();
    /// PATCH status failed. One try of 5 s, nothing comes of a failure.
    boost::asio::awaitable<void> reportFailure(std::string id, std::string message);
    /// DELETE. The same.
    boost::asio::awaitable<void> remove(std::string id);

  private:
    struct Question;
    boost::asio::awaitable<Result<net::Response>> ask(Question question);
    boost::asio::awaitable<Result<net::Response>> askOnce(const Question& question);
    Question registering(const Registration& registration) const;
    Error refused(const net::Response& response) const;
    Result<Lecture> lectureOf(const net::Response& response) const;

    net::Url backend_;
    Visit visit_;
    net::RetryPolicy policy_;
    std::uint64_t offeredBytes_ = 0;  ///< for the error of a 413
    std::vector<std::string> accepts_{};
};

}  // namespace auricle::delivery
