// One way to the sound behind an address: what it costs, and fetching it into a target that grows at its end
// only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "media/byte_source.h"
#include "media/tags.h"
#include "net/download.h"
#include "net/http.h"
#include "net/retry.h"

namespace auricle::streams {

/// Where the sound goes. What is there stays there when the process ends, up to the last place that was
/// saved.
class Target : public net::DownloadTarget {
  public:
    /// What mark() was told last, for the bytes that are there; 0 at the beginning.
    virtual std::uint64_t cursor() const = 0;
    /// All bytes appended so far belong to `cursor`. A way that marks is resumed at a marked place only: it
    /// appends what belongs to one cursor in one piece and marks at once.
    virtual void mark(std::uint64_t cursor) = 0;
    /// What is there, to be read while nothing is appended; not to outlive the target.
    virtual std::unique_ptr<media::ByteSource> content() const = 0;
};

/// What a way may use while it is asked and fetched. Borrowed for as long as that lasts.
struct Visit {
    net::HttpClient& http;
    net::Credentials* credentials;  ///< of the site; they decide by themselves which URL gets a secret
    const net::Timing& timing;
    /// May a redirect go there?
    std::function<Result<void>(const net::Url& from, const net::Url& to)> judgeHop;
    /// The site's judgement of the head of a media answer (200, 206, 416 or an error).
    net::JudgeHead judgeHead;
    boost::asio::any_io_executor worker;  ///< for what takes long: deciphering, digests
    std::stop_token stop;                 ///< cancels
    /// Ends what is live here and now, with what is there; nothing else minds it.
    std::stop_token finish{};
    /// Absolute; of this capture alone, for a way that works with files of its own. May be missing.
    std::filesystem::path folder{};
};

/// What of the sound is wished for, where there is a choice.
struct Wishes {
    std::string language;  ///< BCP 47; empty: what the source says is the default
    media::Tags tags;      ///< written into files that are made here
};

/// Cannot be changed once it is made: a plan may hold it and fetch it again.
class Way {
  public:
    virtual ~Way() = default;
    /// The words of PROTOCOL's plan.how.
    virtual std::string_view how() const = 0;
    /// What fetching it will cost, bytes; 0: not known before it begins.
    virtual std::uint64_t bytes() const = 0;
    /// What the video would have cost, bytes; 0: not known.
    virtual std::uint64_t wholeBytes() const { return 0; }
    /// Size of what lands in the target where it is known before it begins; 0: it is not.
    virtual std::uint64_t resultBytes() const { return 0; }
    /// Is what lands in the target what will be delivered, byte for byte? Else it is finished first.
    virtual bool landsFinished() const { return false; }
    /// Does it go on until the source ends or Visit::finish is stopped?
    virtual bool isLive() const { return false; }
    /// Fetches the rest into `target`, from the place that it reached before if it holds a part of this very
    /// sound, else from the beginning. `onProgress(done, total)` is told in bytes of the target; total 0:
    /// not known.
    /// not_media and not_found: this way is none, another one may be; drm_protected; `forbidden` and
    /// retryable: a signed address whose time is over; else what http, the judges and the target say.
    using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;
    virtual boost::asio::awaitable<Result<void>> fetch(Visit visit, Target& target,
                                                       OnProgress onProgress) const = 0;
};

using Ways = std::vector<std::shared_ptr<const Way>>;

}  // namespace auricle::streams
