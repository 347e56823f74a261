// One segment on its way: its bytes, and what is needed to read them (its key, its initialization section).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "net/ahead.h"
#include "streams/key_ring.h"
#include "streams/segment_source.h"

namespace auricle::streams {

/// Still encrypted: opening it is work for another thread.
struct FetchedSegment {
    std::vector<std::byte> bytes;
    std::optional<KeyRing::Key> key{};
    media::SegmentKey::Iv iv{};
    /// Where another one is in force than before this segment.
    std::optional<std::vector<std::byte>> init{};
    std::optional<KeyRing::Key> initKey{};
    media::SegmentKey::Iv initIv{};
    bool isAbsent = false;  ///< it is not there, and need not be (media::Segment::mayBeMissing)
    bool isMultiplexed = false;
};

class SegmentFetch {
  public:
    /// All borrowed.
    SegmentFetch(const Visit& visit, KeyRing& keys) : visit_(visit), keys_(keys) {}

    /// `wantsInit`: the segment's initialization section is fetched too, if it has one. Tries again what may
    /// pass. Errors: not_found for a segment that is missing; `forbidden` and retryable for a signed address
    /// whose time is over; login_required for a web page in a segment's place; not_media where the server
    /// gives no parts of files; too_large; network, timeout and what the visit's judges say.
    boost::asio::awaitable<Result<FetchedSegment>> fetch(const SegmentSource& source, std::size_t index,
                                                         bool wantsInit, net::AheadShare& share,
                                                         std::stop_token stop);

  private:
    struct Piece {
        std::vector<std::byte> bytes;
        bool isMultiplexed = false;
    };
    /// `missingAt`: after how many answers that it is missing it is. `held`: bytes that the share holds
    /// beside this piece.
    boost::asio::awaitable<Result<Piece>> piece(net::Url url, media::ByteRange range, unsigned missingAt,
                                                std::uint64_t held, net::AheadShare& share,
                                                std::stop_token stop);
    boost::asio::awaitable<Result<KeyRing::Key>> keyOf(const SegmentSource& source, std::uint32_t key,
                                                       std::stop_token stop);
    boost::asio::awaitable<Result<void>> addInit(const SegmentSource& source, std::uint32_t init,
                                                 FetchedSegment& to, net::AheadShare& share,
                                                 std::stop_token stop);

    const Visit& visit_;
    KeyRing& keys_;
};

}  // namespace auricle::streams
