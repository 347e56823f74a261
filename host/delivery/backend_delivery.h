// Delivery to a study backend: register the lecture, upload it by tus, and have the backend confirm its
// SHA-256.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>

#include "delivery/backend_lectures.h"
#include "delivery/delivery.h"
#include "net/retry.h"
#include "net/url.h"

namespace auricle::delivery {

struct BackendOptions {
    net::Url origin;                      ///< as judgeBackend gave it
    std::string courseId;                 ///< may be empty
    std::string api = "auto";             ///< "auto" and "tus" mean tus; the other words are upload_rejected
    boost::asio::any_io_executor worker;  ///< for what blocks: see onWorker
    std::uint64_t partBytes = 8u << 20;
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
    boost::asio::awaitable<void> reportFailure(std::string lecture, Error why, Visit visit) override;
    boost::asio::awaitable<void> discard(std::string lecture, Visit visit) override;

  private:
    boost::asio::awaitable<Result<Lecture>> enter(BackendLectures& lectures, Registration registration,
                                                  std::stop_token stop,
                                                  const std::function<void(std::string)>& registered);
    boost::asio::awaitable<Result<Delivered>> upload(BackendLectures& lectures, Lecture lecture, int file,
                                                     const Parcel& parcel, Visit visit,
                                                     std::function<void(std::uint64_t)> uploaded);
    boost::asio::awaitable<bool> bringCaptions(BackendLectures& lectures, const Lecture& lecture,
                                               const Parcel& parcel);
    boost::asio::awaitable<Result<void>> judgeFile(int file, std::string sha256, std::stop_token stop);

    BackendOptions options_;
};

}  // namespace auricle::delivery
