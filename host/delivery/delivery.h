// Where a finished sound goes: a study backend or a folder. One interface; a file for each way behind it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "net/http.h"
#include "net/retry.h"
#include "system/error.h"

namespace auricle::delivery {

/// What was said, to go along with the sound.
struct Captions {
    std::string language;  ///< BCP 47
    std::string srt;       ///< SubRip, UTF-8
};

/// What is delivered. Nothing in it is a site's secret: `sourceUrl` is the page's URL as the person sees it.
struct Parcel {
    std::filesystem::path file;  ///< the finished part file
    std::uint64_t bytes = 0;
    std::string sha256;     ///< 64 hex digits
    std::string mime;       ///< "audio/mp4"
    std::string extension;  ///< "m4a"
    std::string title, course, site, sourceUrl, stableId;
    std::uint64_t durationMs = 0;
    std::string idempotencyKey;  ///< the same for every attempt of one capture, however often it is repeated
    std::string lecture{};       ///< what an earlier attempt told `registered`; may be empty
    /// Asks the site for them, which is done only where they are wanted; empty: there are none. Nothing where
    /// the site gives none after all.
    std::function<boost::asio::awaitable<std::optional<Captions>>()> captions{};
};

/// A parcel's file while it still grows at its end.
class Growing {
  public:
    virtual ~Growing() = default;
    /// Bytes that are safely on the disk and will not change any more.
    virtual std::uint64_t safeBytes() const = 0;
    /// Size of the whole; 0: not known yet.
    virtual std::uint64_t wholeBytes() const = 0;
    /// Returns when more than `than` bytes are safe. Fails with cancelled when no more will come: the file is
    /// finished, given up, or has begun anew.
    virtual boost::asio::awaitable<Result<void>> waitForMore(std::uint64_t than) = 0;
    /// False: no more will come.
    virtual bool isGrowing() const = 0;
    /// For whoever cannot await: `told` is called on the loop, once, when waitForMore(than) would return, and
    /// never before this does. Takes the place of what was asked for before; an empty one asks for nothing.
    virtual void tellOfMore(std::uint64_t than, std::function<void()> told) = 0;
};

/// Where to: one of the two forms of PROTOCOL's `deliver`.
struct Target {
    enum class To { backend, folder } to = To::folder;
    std::string origin;        ///< backend: "https://study.example.edu"
    std::string courseId;      ///< backend, may be empty
    std::string api = "auto";  ///< backend: auto, tus, presigned, multipart
    std::string subfolder;     ///< folder: relative name, may be empty
    bool operator==(const Target&) const = default;
};

struct Delivered {
    std::string lecture;            ///< backend: its id
    std::filesystem::path file;     ///< folder: where the file now is
    bool confirmed = false;         ///< the backend said our SHA-256, or the file was read back whole
    std::optional<bool> created{};  ///< plain form: false where the backend had the recording already
    std::string captions{};         ///< language of the captions that are there too; empty: none are
};

/// What a delivery may use for one capture.
struct Visit {
    net::HttpClient& http;
    net::Credentials& credentials;  ///< gives the bearer token for the backend's origin and nothing else
    const net::Timing& timing;
    std::stop_token stop;
};

class Delivery {
  public:
    virtual ~Delivery() = default;
    /// Delivers, however often it takes; safe to repeat after any failure or restart. `uploaded` is called
    /// with the bytes that are safely there (of the plain form, which cannot say that: that were sent);
    /// `registered` with the backend's lecture id as soon as it is known (it may be journalled). Captions
    /// that cannot be delivered are left out: they never fail it.
    virtual boost::asio::awaitable<Result<Delivered>> deliver(
        const Parcel& parcel, Visit visit, std::function<void(std::uint64_t)> uploaded,
        std::function<void(std::string)> registered) = 0;
    /// follow() is about to be asked for: makes the connection that it will want. Best effort, two seconds at
    /// most.
    virtual boost::asio::awaitable<void> approach(Visit visit);
    /// Delivers ahead what is there of a file that still grows, and returns when no more comes. Best effort:
    /// deliver() afterwards finds what arrived and does the rest, so no error comes of a failure here. The
    /// same object may be asked for both: it then asks less.
    /// `parcel` has no sha256 yet, and `bytes` 0 where the size is not known.
    virtual boost::asio::awaitable<void> follow(const Parcel& parcel, Growing& growing, Visit visit,
                                                std::function<void(std::uint64_t)> uploaded,
                                                std::function<void(std::string)> registered);
    /// Tells the backend that this lecture failed (PATCH). Best effort: one try with a short limit, no error
    /// comes of it.
    virtual boost::asio::awaitable<void> reportFailure(std::string lecture, Error why, Visit visit) = 0;
    /// The person cancelled or removed it: nothing of it stays there (DELETE). `lecture` may be empty: then
    /// nothing was registered as far as the journal knows.
    virtual boost::asio::awaitable<void> discard(std::string lecture, Visit visit) = 0;
};

}  // namespace auricle::delivery
