// Segments fetched ahead, opened, and their sound appended to a target in order: what recordings and live
// streams have in common.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "media/segment_audio.h"
#include "streams/segment_fetch.h"
#include "streams/segment_source.h"

namespace auricle::streams {

class SegmentRun {
  public:
    struct Options {
        std::string language;             ///< BCP 47; may be empty
        std::uint64_t bitsPerSecond = 0;  ///< about what a segment costs; 0: not known
        bool isLive = false;              ///< cursors are sequence numbers + 1, not counts
        Way::OnProgress onProgress;
        /// Opens segments that are sealed one by one, in place and before their sound is looked for: several
        /// at once, each whole. Empty: they are not.
        std::function<boost::asio::awaitable<Result<void>>(std::size_t index, std::vector<std::byte>& bytes,
                                                           std::stop_token stop)>
            unseal{};
    };

    /// All borrowed but the options.
    SegmentRun(const Visit& visit, Target& target, boost::asio::any_io_executor loop, Options options);

    /// Goes on at the target's cursor where it holds a part of this very sound, else begins anew; a cursor
    /// over `most` is none. Gives the cursor, 0 for a beginning.
    boost::asio::awaitable<Result<std::uint64_t>> begin(net::Validator validator, std::uint64_t most);

    /// Appends the sound of the segments [first, size) of the source and marks behind each.
    /// A declared gap is not_found: no silence is invented, and no hole is left unsaid. Other errors: as
    /// SegmentFetch and media::SegmentAudio have them, with the segment's number in the sentence.
    boost::asio::awaitable<Result<void>> append(const SegmentSource& source, std::size_t first);

    /// Everything was appended.
    Result<void> finish();

  private:
    boost::asio::awaitable<Result<FetchedSegment>> fetch(const SegmentSource& source, std::size_t index,
                                                         bool wantsInit, net::AheadShare& share,
                                                         std::stop_token stop);
    boost::asio::awaitable<Result<void>> take(const SegmentSource& source, std::size_t index,
                                              FetchedSegment fetched);
    Result<std::vector<std::byte>> open(FetchedSegment& fetched, bool isDiscontinuous);
    Result<void> write(std::vector<std::byte> bytes, std::uint64_t cursor);
    Error numbered(const SegmentSource& source, std::size_t index, Error error) const;
    void tell(const SegmentSource& source, std::size_t done);

    const Visit& visit_;
    Target& target_;
    Options options_;
    KeyRing keys_;
    SegmentFetch fetch_;
    media::SegmentAudio audio_;
    std::vector<std::byte> pending_;  ///< belongs to a cursor that is not reached yet
    bool isTorn_ = false;             ///< the target ends at no place that can be resumed at
    bool isMultiplexed_ = false;
    std::uint64_t largestBytes_ = 0;
    std::uint64_t doneUs_ = 0;
};

}  // namespace auricle::streams
