// The whole file goes by and only a little of it is kept: where a server grants no ranges, or where they
// would take longer. Nothing else of it is held, or reaches a disk.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/download.h"
#include "net/range_batch.h"
#include "streams/way.h"

namespace auricle::streams {

/// Hands over each box of the file's top level (ISO/IEC 14496-12) as it has gone by, but only the header of
/// `mdat` and of every box larger than `mostBytes`. `onBox` returns false when it knows enough: then the
/// transfer ends. Fails with what http and the visit's judges say, and when the file is another one than
/// before.
boost::asio::awaitable<Result<void>> passBoxes(
    const net::Url& url, const net::Validator& validator, std::uint64_t mostBytes,
    std::function<bool(std::uint64_t offset, std::vector<std::byte> bytes)> onBox, const Visit& visit);

struct PieceWork {
    net::Url url;
    net::Validator validator;
    bool grantsRanges = false;  ///< a pass may begin in the middle
    /// The pieces, as in net::RangeWork.
    std::function<std::optional<net::Range>()> next;
    std::function<Result<void>(std::span<const std::byte>)> take;
};

enum class PassEnd { complete, changed };

/// Hands over the bytes of the pieces, in their order, while the file goes by. Pieces that lie before those
/// that were handed over take another pass, of which there are few.
boost::asio::awaitable<Result<PassEnd>> passPieces(PieceWork work, const Visit& visit);

}  // namespace auricle::streams
