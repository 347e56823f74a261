// The first bytes of what an address gives, and what is known of the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/download.h"
#include "streams/way.h"

namespace auricle::streams {

struct Beginning {
    std::vector<std::byte> bytes;  ///< as many as were asked for, or all there are
    net::Validator validator;      ///< total 0: not known
    net::Url url;                  ///< that answered, after redirects
    bool grantsRanges = false;     ///< the answer was 206
};

/// What is asked for, to have the first bytes of it.
enum class Ask : std::uint8_t { part, whole };

/// The first `count` bytes: asked for by a range, or taken off the whole, which ends there. What may pass is
/// tried again.
boost::asio::awaitable<Result<Beginning>> beginningOf(const net::Url& url, std::size_t count,
                                                      const Visit& visit, Ask ask = Ask::part);

}  // namespace auricle::streams
