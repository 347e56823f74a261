// The sound of an HLS stream that is still going on, from now until it ends or is finished.
#pragma once

#include "streams/hls_rendition.h"
#include "streams/segments_way.h"

namespace auricle::streams {

/// An EVENT playlist is captured from its beginning, any other from three target durations before its end
/// (RFC 8216 section 6.3.3). Its bytes are not known.
class LiveWay final : public Way {
  public:
    LiveWay(SegmentsOffer offer, HlsAddress address)
        : offer_(std::move(offer)), address_(std::move(address)) {}

    std::string_view how() const override { return offer_.how; }
    std::uint64_t bytes() const override { return 0; }
    bool isLive() const override { return true; }
    /// Ends when the playlist does, or at Visit::finish with what is there. After a restart it goes on where
    /// it was as long as the playlist still has the next segment; once that has gone by, or a segment stays
    /// missing, it fails with `network` and the number, never with a silent hole. `timeout` (retryable) for a
    /// stream that does not go on and does not say that it has ended.
    boost::asio::awaitable<Result<void>> fetch(Visit visit, Target& target,
                                               OnProgress onProgress) const override;

  private:
    SegmentsOffer offer_;
    HlsAddress address_;
};

}  // namespace auricle::streams
