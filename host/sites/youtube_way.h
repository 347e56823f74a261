// The sound of a video, as yt-dlp fetches it: into files of its own first, from which it goes on after a
// break, then into the target. Where YouTube offers no sound alone it is a video, out of which finishing
// takes the sound.
#pragma once

#include <filesystem>
#include <memory>

#include "net/retry.h"
#include "net/url.h"
#include "sites/yt_dlp.h"
#include "streams/way.h"

namespace auricle::sites {

class YoutubeWay final : public streams::Way {
  public:
    YoutubeWay(std::shared_ptr<YtDlp> ytDlp, net::Url url, std::uint64_t bytes, std::uint64_t wholeBytes)
        : ytDlp_(std::move(ytDlp)), url_(std::move(url)), bytes_(bytes), wholeBytes_(wholeBytes) {}

    std::string_view how() const override { return "yt-dlp"; }
    std::uint64_t bytes() const override { return bytes_; }
    std::uint64_t wholeBytes() const override { return wholeBytes_; }
    /// Progress is yt-dlp's: the target has nothing before all of it is there.
    boost::asio::awaitable<Result<void>> fetch(streams::Visit visit, streams::Target& target,
                                               OnProgress onProgress) const override;

  private:
    std::shared_ptr<YtDlp> ytDlp_;
    net::Url url_;
    std::uint64_t bytes_, wholeBytes_;
};

/// Where yt-dlp works in a capture's folder: it sees this one alone.
std::filesystem::path ytDlpFolder(const std::filesystem::path& ofCapture);

/// It tries again by itself what passes in seconds.
inline constexpr net::RetryPolicy ytDlpRetries{.attempts = 3};

}  // namespace auricle::sites
