// What a backend asks of this machine and what it hears from it (docs/backend.md "Asking the machine"): jobs
// by long poll, what became of each, and the machine's own state.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "delivery/delivery.h"
#include "net/http.h"
#include "net/retry.h"
#include "net/url.h"
#include "system/error.h"

namespace auricle::delivery {

/// Believed no more than any answer is: who carries it out judges it.
struct BackendJob {
    enum class Kind : std::uint8_t { refresh, capture } kind = Kind::refresh;
    std::string id;      ///< printable ASCII, at most 200 bytes
    std::string site;    ///< may be empty
    std::string url;     ///< of a capture; may be empty
    std::string reason;  ///< may be empty
};

struct JobOutcome {
    bool isDone = false;
    std::string detail{};      ///< a sentence without a secret; may be empty
    bool isRetryable = false;  ///< of a failure: whether to be asked again may help
};

/// What is said with each asking.
struct Asking {
    std::chrono::milliseconds wait{25'000};  ///< how long the backend may keep the answer
    std::size_t most = 1;                    ///< jobs that are taken now
    std::vector<std::string> working{};      ///< ids of jobs that are still under way here
};

struct SiteReport {
    std::string site, freshness;
    std::size_t count = 0;
    std::optional<std::int64_t> putAtMs{};  ///< Unix time, ms
    bool operator==(const SiteReport&) const = default;
};

/// Numbers and words: no value, no page and no name.
struct HostReport {
    std::vector<SiteReport> sites;
    std::size_t running = 0;  ///< captures for this backend
    std::size_t waiting = 0;  ///< those that wait for somebody to sign in
    std::string version;
    bool operator==(const HostReport&) const = default;
};

/// Every request carries the token of `Visit::credentials`, no redirect is followed, and an answer is refused
/// beyond 256 KiB. Errors: backend_unauthorized, rate_limited and network (retryable, with the server's
/// Retry-After), upload_rejected for what makes no sense, and those of net::HttpClient.
class BackendJobs {
  public:
    BackendJobs(net::Url backend, Visit visit) : backend_(std::move(backend)), visit_(std::move(visit)) {}

    /// GET /api/host/jobs, once. Nothing where the backend has no such interface (404, 405). What is no job
    /// in the answer is passed over, and so is what goes beyond `Asking::most`.
    boost::asio::awaitable<Result<std::optional<std::vector<BackendJob>>>> ask(Asking asking);
    /// POST /api/host/jobs/{id}, again for what may pass. A backend that does not hear it asks again.
    boost::asio::awaitable<void> answer(std::string id, JobOutcome outcome);
    /// PUT /api/host/status, once. False where the backend has no such interface.
    boost::asio::awaitable<Result<bool>> report(HostReport report);

  private:
    struct Question;
    boost::asio::awaitable<Result<net::Response>> send(Question question);

    net::Url backend_;
    Visit visit_;
};

}  // namespace auricle::delivery
