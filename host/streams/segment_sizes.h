// What segments cost, measured by asking for the sizes of a few of them.
#pragma once

#include "streams/segment_source.h"

namespace auricle::streams {

/// Bytes of all segments: the sum of their ranges, or reckoned from three of them by HEAD. 0 where neither
/// is to be had; never an error, since it is only for a plan.
boost::asio::awaitable<std::uint64_t> measuredBytes(const SegmentSource& source, const Visit& visit);

}  // namespace auricle::streams
