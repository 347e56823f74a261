// Fetches many byte ranges of one resource and hands their bytes over in order: many ranges a request where
// the server grants them, many requests at once, never more than a window in memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "net/download.h"
#include "net/http.h"
#include "net/link.h"
#include "net/range_batch.h"
#include "net/retry.h"

namespace auricle::net {

struct RangeWork {
    Request request;      ///< url, credentials, judge, stop; no Range of its own
    Validator validator;  ///< of the resource; its total is known. Every answer has to agree
    JudgeHead judge{};    ///< as in download()
    /// The pieces one after the other, in the order in which they are handed over. Nothing: that was the
    /// last.
    std::function<std::optional<Range>()> next{};
    std::uint64_t bytes = 0;  ///< of all pieces that `next` will give
    /// Bytes of the pieces, in order. An error ends the work at once.
    std::function<Result<void>(std::span<const std::byte>)> take{};
    /// The resource can be taken as a whole instead, from where the next piece begins: RangesEnd::slower may
    /// be the answer.
    bool mayStream = false;
};

enum class RangesEnd {
    complete,  ///< every byte was handed over
    refused,   ///< the server does not grant ranges, or gives others than it is asked for
    slower,    ///< the whole would be here sooner
    changed,   ///< the resource is not the one that the validator names any more
};

struct RangeLimits {
    std::uint64_t windowBytes = 6u << 20;   ///< asked for and not handed over yet
    std::uint64_t requestBytes = 1u << 20;  ///< most that one request asks for
    RetryPolicy retry{};
    std::function<Link::Clock::time_point()> now = &Link::Clock::now;
};

/// Works until all is handed over, or until one of the other ends; what was handed over by then is right, and
/// the rest can be got in another way. What may pass is tried again, and only the missing bytes are asked for
/// anew. Fails with what http, the judge and `take` say. `link` is what was learned before, and learns more.
boost::asio::awaitable<Result<RangesEnd>> fetchRanges(HttpClient& http, RangeWork work, Link& link,
                                                      Timing timing, RangeLimits limits = {});

}  // namespace auricle::net
