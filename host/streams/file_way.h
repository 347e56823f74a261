// The sound as one file that the site offers: taken as it is, byte for byte.
#pragma once

#include "net/url.h"
#include "streams/way.h"

namespace auricle::streams {

class FileWay final : public Way {
  public:
    /// `url`: where the download begins; redirects are followed as the visit's judge allows.
    explicit FileWay(net::Url url, std::uint64_t bytes = 0) : url_(std::move(url)), bytes_(bytes) {}

    const net::Url& url() const { return url_; }
    std::string_view how() const override { return "audio-direct"; }
    std::uint64_t bytes() const override { return bytes_; }
    std::uint64_t resultBytes() const override { return bytes_; }
    bool landsFinished() const override { return true; }
    boost::asio::awaitable<Result<void>> fetch(Visit visit, Target& target,
                                               OnProgress onProgress) const override;

  private:
    net::Url url_;
    std::uint64_t bytes_;  ///< 0: not known
};

}  // namespace auricle::streams
