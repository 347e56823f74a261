// The sound of a video whose segments are sealed one by one: `sealed-segments`.
#pragma once

#include <string>

#include "sites/playback_session.h"
#include "streams/segment_source.h"
#include "streams/way.h"

namespace auricle::sites {

/// One rendition of a video.
struct SealedOffer {
    PlaybackSession::Video video;
    std::string rendition;
    std::string language;             ///< BCP 47, wished; may be empty
    std::uint64_t bytes = 0;          ///< 0: not known
    std::uint64_t wholeBytes = 0;     ///< 0: not known
    std::uint64_t bitsPerSecond = 0;  ///< 0: not known
};

class SealedWay final : public streams::Way {
  public:
    /// The places of the source's segments are their numbers.
    SealedWay(SealedOffer offer, streams::SegmentSource source,
              vault::Randomness random = vault::systemRandomness())
        : offer_(std::move(offer)), source_(std::move(source)), random_(std::move(random)) {}

    std::string_view how() const override { return "sealed-segments"; }
    std::uint64_t bytes() const override { return offer_.bytes; }
    std::uint64_t wholeBytes() const override { return offer_.wholeBytes; }
    /// With a session of its own, which is ended however this ends. Segments are opened on all cores, each
    /// whole before a byte of it is believed, and their sound is appended in order; resumes behind the last
    /// one that was marked. bad_seal with the segment's number for one that does not open; else as
    /// PlaybackSession and streams::SegmentRun have it.
    boost::asio::awaitable<Result<void>> fetch(streams::Visit visit, streams::Target& target,
                                               OnProgress onProgress) const override;

  private:
    SealedOffer offer_;
    streams::SegmentSource source_;
    vault::Randomness random_;
};

}  // namespace auricle::sites
