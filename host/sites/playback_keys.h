// The keys of a rendition's segments, asked for before they are needed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "sites/playback_session.h"

namespace auricle::sites {

class PlaybackKeys {
  public:
    using Seal = std::shared_ptr<const SegmentSeal>;

    /// For the segments [first, end). `session` is borrowed.
    PlaybackKeys(PlaybackSession& session, std::string rendition, std::uint64_t first, std::uint64_t end,
                 boost::asio::any_io_executor loop);

    /// Fetches them in the order of playing, as many at once as the server gives, and no further ahead of the
    /// last one that was wanted than two such batches. Returns when all are there, one cannot be had, or
    /// `stop` is stopped.
    boost::asio::awaitable<void> run(std::stop_token stop);
    /// Returns when the key is there: run() has to be running. What its session fails with; cancelled. It may
    /// be asked for again until it is dropped.
    boost::asio::awaitable<Result<Seal>> get(std::uint64_t index, std::stop_token stop);
    /// It was used: it is wiped.
    void drop(std::uint64_t index) { seals_.erase(index); }

  private:
    boost::asio::awaitable<void> change();

    PlaybackSession& session_;
    std::string rendition_;
    std::uint64_t next_, end_;  ///< the next one to ask for
    std::uint64_t wanted_;      ///< the last one that somebody waits for
    std::map<std::uint64_t, Seal> seals_;
    std::optional<Error> failure_;
    boost::asio::steady_timer changed_;
};

}  // namespace auricle::sites
