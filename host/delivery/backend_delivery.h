// Delivery to a study backend: register the lecture, upload it in the way that the backend chooses, and have
// it confirm the SHA-256; or send the plain form, where a backend knows nothing else.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "delivery/backend_lectures.h"
#include "delivery/delivery.h"
#include "delivery/tus.h"
#include "net/retry.h"
#include "net/url.h"

namespace auricle::delivery {

struct BackendOptions {
    net::Url origin;       ///< as judgeBackend gave it
    std::string courseId;  ///< may be empty
    /// "tus", "presigned": that way alone. "multipart": the plain form without asking for another. "auto":
    /// what the backend chooses of all, and the plain form where it has no POST /api/lectures (404, 405).
    std::string api = "auto";
    boost::asio::any_io_executor worker;      ///< for what blocks: see onWorker
    std::uint64_t partBytes = 8u << 20;       ///< of tus, to begin with
    std::uint64_t mostPartBytes = 32u << 20;  ///< of tus, on a fast link
    BodyLimits streamLimits{};                ///< of tus, behind a download
    std::uint64_t followStatusMs = 60'000;    ///< how long a backend is watched working up a plain form
    net::RetryPolicy policy{.attempts = 8};
};

/// The upload's URL lives as long as one deliver() and is written nowhere: repeating deliver() after a
/// restart finds it again by the parcel's idempotencyKey. backend_unauthorized may be answered by putting a
/// new token and calling deliver() again. reportFailure() and discard() do not look at Visit::stop, which a
/// cancelled capture has already stopped.
class BackendDelivery final : public Delivery {
  public:
    explicit BackendDelivery(BackendOptions options);

    boost::asio::awaitable<Result<Delivered>> deliver(const Parcel& parcel, Visit visit,
                                                      std::function<void(std::uint64_t)> uploaded,
                                                      std::function<void(std::string)> registered) override;
    /// Asks GET /api/health, and drops what it says.
    boost::asio::awaitable<void> approach(Visit visit) override;
    /// By tus alone: a form or presigned parts need the whole. In one request that follows the file, and in
    /// parts where the backend does not take that.
    boost::asio::awaitable<void> follow(const Parcel& parcel, Growing& growing, Visit visit,
                                        std::function<void(std::uint64_t)> uploaded,
                                        std::function<void(std::string)> registered) override;
    boost::asio::awaitable<void> reportFailure(std::string lecture, Error why, Visit visit) override;
    boost::asio::awaitable<void> discard(std::string lecture, Visit visit) override;

  private:
    /// What one deliver() is about.
    struct Errand;

    boost::asio::awaitable<Result<std::optional<Lecture>>> enter(Errand& errand);
    boost::asio::awaitable<Result<Delivered>> upload(Errand& errand, Lecture lecture);
    /// The language of the captions that the backend has now, or empty.
    boost::asio::awaitable<std::string> bringCaptions(Errand& errand, const Lecture& lecture);
    boost::asio::awaitable<Result<void>> sendTo(Errand& errand, const std::string& id, UploadPlace place);
    /// Nothing where follow() has not brought the whole there, or it cannot be completed just so.
    boost::asio::awaitable<std::optional<Delivered>> completeFollowed(Errand& errand);
    boost::asio::awaitable<Result<void>> sendByTus(Errand& errand, const std::string& id, UploadPlace place);
    boost::asio::awaitable<Result<void>> followByTus(Errand& errand, const Lecture& lecture,
                                                     UploadPlace place, Growing& growing);
    bool isFollowing() const { return options_.api == "auto" || options_.api == "tus"; }
    TusJob tusJob(Errand& errand, const std::string& id) const;
    boost::asio::awaitable<Result<void>> sendInParts(Errand& errand, const std::string& id,
                                                     UploadPlace place);
    boost::asio::awaitable<Result<void>> sendAsForm(Errand& errand, const std::string& id, UploadPlace place);
    boost::asio::awaitable<Result<Delivered>> sendPlainForm(Errand& errand);
    boost::asio::awaitable<Result<void>> judgeFile(int file, std::string sha256, std::stop_token stop);

    /// What has arrived whole by follow().
    struct Followed {
        std::string idempotencyKey;
        std::uint64_t bytes;
        Lecture lecture;
    };

    BackendOptions options_;
    std::optional<Followed> followed_;
    bool takesStreams_ = true;  ///< of tus, as far as is known
};

}  // namespace auricle::delivery
