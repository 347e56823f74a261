// A resumable upload by tus 1.0.0 (https://tus.io/protocols/resumable-upload): where it stands is asked,
// never assumed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "delivery/delivery.h"
#include "delivery/growing_body.h"
#include "net/http.h"
#include "net/retry.h"
#include "system/digest.h"
#include "system/error.h"
#include "vault/secret.h"

namespace auricle::delivery {

struct TusJob {
    int file = -1;            ///< descriptor, borrowed; must stay open while run() goes on
    std::uint64_t bytes = 0;  ///< what the file holds; 0: not known, while `growing`
    /// The file still grows: what is safe of it is sent, and no end is waited for. May be null.
    Growing* growing = nullptr;
    /// What grows goes up in one request that follows it, for as long as this is so; set to false where the
    /// server, or what stands before it, does not take that. Borrowed; null: in parts.
    bool* takesStreams = nullptr;
    BodyLimits streamLimits{};
    std::uint64_t partBytes = 8u << 20;  ///< of the first parts, and of all where the link is slow
    /// Where it is fast parts grow as far as this, so that the round trip between two of them does not count.
    std::uint64_t mostPartBytes = 32u << 20;
    /// Asks for a new and empty place when the old one is gone.
    std::function<boost::asio::awaitable<Result<vault::Secret>>()> freshPlace{};
    std::function<void(std::uint64_t)>
        uploaded{};  ///< bytes that the server has confirmed; goes down when it lost some
    std::function<void(std::uint64_t)> sent{};  ///< bytes that have left, confirmed or not; may be empty
    boost::asio::any_io_executor worker;        ///< where parts are read for their checksum
    net::RetryPolicy policy{.attempts = 8};
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// One upload, over as many places as it takes. After any error a HEAD comes before the next PATCH; 404 and
/// 410 ask for a fresh place, twice at most; 460 sends a part again, thrice at most; 409, 423 and what may
/// pass wait first, and their count starts anew when the server has more than ever before (SAFETY "Uploads").
class TusUpload {
  public:
    TusUpload(TusJob job, Visit visit);
    /// Returns when the server has all bytes; of a file that grows, when no more of it comes. `place` is the
    /// upload's URL. Errors: backend_unauthorized, too_large, upload_rejected, internal (the file cannot be
    /// read), and those of net::HttpClient.
    /// `isFresh`: made just now for a file of this length, so that it need not be asked what it holds.
    boost::asio::awaitable<Result<void>> run(vault::Secret place, bool isFresh = false);

  private:
    /// Why a step failed, by what follows from it.
    struct Setback {
        enum class Next : std::uint8_t { wait, freshPlace, sendAgain, sendInParts, giveUp } next;
        Error error;
    };
    using Step = std::expected<void, Setback>;

    boost::asio::awaitable<Result<void>> learn();
    boost::asio::awaitable<Step> askOffset();
    boost::asio::awaitable<Step> sendPart();
    /// Follows the file with one request, until that ends by itself.
    boost::asio::awaitable<Step> sendStream();
    bool isStreaming() const { return job_.growing && job_.takesStreams && *job_.takesStreams; }
    /// The server, or what stands before it, takes no body of unknown length, or keeps nothing of one that
    /// breaks off.
    void stopStreaming() { *job_.takesStreams = false; }
    bool isDone() const { return job_.bytes > 0 && offset_ == job_.bytes; }
    /// Of the file, before the next request is worth while.
    std::uint64_t enoughToSend() const;
    /// Bytes that may be sent by now.
    std::uint64_t available() const { return job_.growing ? job_.growing->safeBytes() : job_.bytes; }
    bool isTooMany(std::uint64_t offset) const { return job_.bytes > 0 && offset > job_.bytes; }
    boost::asio::awaitable<Result<void>> overcome(Setback setback);
    boost::asio::awaitable<Result<void>> moveOn();
    boost::asio::awaitable<Result<void>> pause(Error error);
    Result<net::Request> request(std::string method) const;
    Result<net::Request> patch() const;
    Setback setbackOf(const net::Response& response) const;
    Setback setbackOf(const Error& error) const;
    Setback setbackOfStream(const net::Response& response);
    Step readOffset(const net::Response& response);
    Step readProgress(const net::Response& response, std::uint64_t partBytes);
    /// The size of the next part, by how long this one took.
    void chooseNextPart(std::uint64_t sentBytes, std::chrono::steady_clock::duration took);
    /// A part that is too large for the server, where a smaller one was not.
    bool isPartTooLarge(int status, std::uint64_t sentBytes) const {
        return status == 413 && sentBytes > job_.partBytes;
    }
    void enterPlace(vault::Secret place);
    void confirm(std::uint64_t offset);

    TusJob job_;
    Visit visit_;
    vault::Secret place_;
    std::optional<std::uint64_t> offset_;  ///< nothing: not known, HEAD comes next
    std::uint64_t best_ = 0;               ///< the highest offset that this place ever confirmed
    std::uint64_t partBytes_;              ///< of the next part
    std::optional<std::uint64_t> broken_;  ///< where a stream began that broke off, until that is understood
    bool fellSilent_ = false;              ///< the last stream ended for want of more
    bool mustDeclareLength_ = false;
    bool hasLearned_ = false;
    std::optional<Digest::Algorithm> checksum_;
    unsigned failures_ = 0, damaged_ = 0, freshPlaces_ = 0;
};

}  // namespace auricle::delivery
