// The sound of a recording in segments (HLS that has ended, DASH): `audio-rendition`, or `audio-from-video`
// where pictures are in the same segments.
#pragma once

#include <memory>
#include <string>

#include "streams/segment_source.h"
#include "streams/way.h"

namespace auricle::streams {

/// What is known of a way in segments before it is fetched.
struct SegmentsOffer {
    std::string_view how;             ///< of static storage
    std::string language;             ///< BCP 47; may be empty
    std::uint64_t bytes = 0;          ///< 0: not known
    std::uint64_t wholeBytes = 0;     ///< 0: not known
    std::uint64_t bitsPerSecond = 0;  ///< 0: not known
};

class SegmentsWay final : public Way {
  public:
    SegmentsWay(SegmentsOffer offer, SegmentSource source)
        : offer_(std::move(offer)), source_(std::move(source)) {}

    std::string_view how() const override { return offer_.how; }
    std::uint64_t bytes() const override { return offer_.bytes; }
    std::uint64_t wholeBytes() const override { return offer_.wholeBytes; }
    /// Resumes behind the last segment that was marked, if the target's validator is of this list. Progress
    /// is told with a total that is reckoned from the share of the duration that is done.
    boost::asio::awaitable<Result<void>> fetch(Visit visit, Target& target,
                                               OnProgress onProgress) const override;

  private:
    SegmentsOffer offer_;
    SegmentSource source_;
};

}  // namespace auricle::streams
