// The sound of a video, as yt-dlp fetches it: into files of its own first, from which it goes on after a
// break, then into the target.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "net/retry.h"
#include "net/url.h"
#include "sites/yt_dlp.h"
#include "streams/way.h"

namespace auricle::sites {

class YoutubeWay final : public streams::Way {
  public:
    using FindProgram = std::function<Result<std::filesystem::path>()>;
    YoutubeWay(std::shared_ptr<YtDlp> ytDlp, net::Url url, std::uint64_t bytes, std::uint64_t wholeBytes,
               FindProgram ffmpeg)
        : ytDlp_(std::move(ytDlp)),
          url_(std::move(url)),
          bytes_(bytes),
          wholeBytes_(wholeBytes),
          ffmpeg_(std::move(ffmpeg)) {}

    std::string_view how() const override { return "yt-dlp"; }
    std::uint64_t bytes() const override { return bytes_; }
    std::uint64_t wholeBytes() const override { return wholeBytes_; }
    /// Progress is yt-dlp's: the target has nothing before all of it is there.
    boost::asio::awaitable<Result<void>> fetch(streams::Visit visit, streams::Target& target,
                                               OnProgress onProgress) const override;

  private:
    /// What was fetched, or the sound taken out of it.
    boost::asio::awaitable<Result<std::filesystem::path>> soundOf(std::filesystem::path file,
                                                                  const streams::Visit& visit) const;

    std::shared_ptr<YtDlp> ytDlp_;
    net::Url url_;
    std::uint64_t bytes_, wholeBytes_;
    FindProgram ffmpeg_;
};

/// Where yt-dlp works in a capture's folder: it sees this one alone.
std::filesystem::path ytDlpFolder(const std::filesystem::path& ofCapture);

/// It tries again by itself what passes in seconds.
inline constexpr net::RetryPolicy ytDlpRetries{.attempts = 3};

}  // namespace auricle::sites
