// The sound of an MP4 and nothing else of it: its byte ranges, written as an .m4a whose layout is known
// before the first sample arrives.
#pragma once

#include <optional>
#include <string>

#include "streams/beginning.h"
#include "streams/remote_mp4.h"
#include "streams/way.h"

namespace auricle::streams {

class Mp4Way final : public Way {
  public:
    Mp4Way(RemoteMp4 source, Wishes wishes);
    /// A file whose index was not read yet, since only the whole of it can be had: it goes by twice.
    Mp4Way(net::Url url, net::Validator validator, Wishes wishes);

    std::string_view how() const override { return isByRanges() ? "audio-from-mp4" : "audio-from-video"; }
    std::uint64_t bytes() const override { return bytes_; }
    std::uint64_t wholeBytes() const override { return validator_.total; }
    std::uint64_t resultBytes() const override { return resultBytes_; }
    bool landsFinished() const override { return true; }
    /// Goes on where the target ends, if what it holds is of the same source and the same layout. A source
    /// that changed since is looked at anew.
    boost::asio::awaitable<Result<void>> fetch(Visit visit, Target& target,
                                               OnProgress onProgress) const override;

  private:
    bool isByRanges() const { return source_ && source_->grantsRanges; }

    net::Url url_;
    net::Validator validator_;
    Wishes wishes_;
    std::shared_ptr<const RemoteMp4> source_;  ///< nothing: not read yet
    std::uint64_t bytes_ = 0, resultBytes_ = 0;
};

/// The ways to the sound of an MP4: its ranges, or the file as it is where it has hardly anything but the
/// sound. Fails with not_media where there is no sound in it, drm_protected where it is encrypted.
boost::asio::awaitable<Result<Ways>> openMp4(net::Url url, Beginning beginning, Wishes wishes,
                                             const Visit& visit);

}  // namespace auricle::streams
