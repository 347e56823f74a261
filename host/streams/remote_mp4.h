// The index of an MP4 behind an address, and what it takes to fetch the sound that it names.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "media/audio_index.h"
#include "net/download.h"
#include "net/link.h"
#include "streams/beginning.h"
#include "streams/way.h"

namespace auricle::streams {

struct RemoteMp4 {
    net::Url url;              ///< as it was asked for, before redirects
    net::Validator validator;  ///< of the whole; its total is known
    media::AudioIndex index;
    bool grantsRanges = true;     ///< the index was read by ranges
    std::uint64_t costBytes = 0;  ///< what reading the index has cost
    net::Link link;               ///< as it was found
};

struct IndexByRanges {
    /// Nothing where ranges cost more than the whole: the server grants none, or the fragments can only be
    /// found one by one.
    std::optional<RemoteMp4> source;
    /// They are of another file than the one whose beginning came: it was changed, or the server lies.
    bool isOfAnother = false;
};

/// Reads the index by ranges, as few bytes of the file as that takes; `beginning` is what came of the file
/// first. Holds at most 6 MiB of the file. Fails as readAudioIndex() does, and with what http and the visit's
/// judges say.
boost::asio::awaitable<Result<IndexByRanges>> readByRanges(net::Url url, Beginning beginning,
                                                           std::string language, const Visit& visit);

/// Reads the index while the whole file goes by, and keeps nothing else; stops when it is known. The index
/// has to be smaller than 16 MiB. Fails as readByRanges() does.
boost::asio::awaitable<Result<RemoteMp4>> readByPassing(net::Url url, net::Validator validator,
                                                        std::string language, const Visit& visit);

}  // namespace auricle::streams
