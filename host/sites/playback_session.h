// A session at a playback server: opened with a key of our own, prolonged, asked for the keys of segments,
// and ended.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sites/playback_agreement.h"
#include "streams/way.h"

namespace auricle::sites {

/// The cookie that is the session. It is the server's to set, and belongs to one capture.
inline constexpr std::string_view playbackSessionCookie = "sessionToken";

/// What opens one segment.
struct SegmentSeal {
    static constexpr std::size_t ivBytes = 12;
    vault::Secret dek;  ///< 16 bytes
    std::array<std::byte, ivBytes> iv{};
};

/// On one loop; its requests go out one after the other, so that no answer of an older session is taken for
/// one of a newer. Its cookie is kept by the visit's credentials.
class PlaybackSession {
  public:
    static constexpr std::size_t mostKeysAtOnce = 20;
    /// A session is good for twice as long.
    static constexpr std::chrono::minutes refreshEvery{15};

    struct Video {
        net::Url page;   ///< of the server's origin
        std::string id;  ///< `videoId`
    };
    /// `visit` is borrowed.
    PlaybackSession(const streams::Visit& visit, Video video, vault::Randomness random);

    /// The keys of `count` segments (1 to mostKeysAtOnce) from `first` on, in order. Opens a session where
    /// there is none, prolongs one that is refused, and opens another where that does not help (it ran out,
    /// was revoked, or the server forgot it). What may pass is tried again, after Retry-After where the
    /// server gives one. login_required where sessions are refused or end at once; forbidden, not_found,
    /// rate_limited and network as the server says; bad_seal for keys that are none.
    boost::asio::awaitable<Result<std::vector<SegmentSeal>>> keys(std::string rendition, std::uint64_t first,
                                                                  std::size_t count);
    /// Prolongs the session every refreshEvery until `stop` is stopped. That it fails shows with the next
    /// key.
    boost::asio::awaitable<void> keepAlive(std::stop_token stop);
    /// Wipes its key and tells the server that it is over, if there is one, also when the visit was stopped.
    /// A server that does not hear it within that time lets the session run out.
    boost::asio::awaitable<void> end(std::chrono::milliseconds within);

  private:
    using Seals = std::vector<SegmentSeal>;
    class Turn;

    boost::asio::awaitable<Result<Seals>> keysInTurn(const std::string& rendition, std::uint64_t first,
                                                     std::size_t count);
    boost::asio::awaitable<Result<void>> open();
    /// False where the session is over.
    boost::asio::awaitable<Result<bool>> prolong();
    net::Request question(std::string method, std::string_view path) const;
    net::Request keyQuestion(const std::string& rendition, std::uint64_t first, std::size_t count) const;
    boost::asio::awaitable<Result<net::Response>> ask(net::Request request) const;
    Result<Seals> sealsIn(const net::Response& answer, std::uint64_t first, std::size_t count) const;
    boost::asio::awaitable<void> takeTurn();
    void giveTurn();

    const streams::Visit& visit_;
    Video video_;
    vault::Randomness random_;
    std::optional<PlaybackKek> kek_;  ///< none: there is no session
    bool isTaken_ = false;
    std::deque<boost::asio::steady_timer*> waiting_;
};

}  // namespace auricle::sites
