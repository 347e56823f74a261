// The keys of encrypted segments: each fetched once, however many segments wait for it.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/url.h"
#include "streams/way.h"

namespace auricle::streams {

class KeyRing {
  public:
    using Key = std::array<std::byte, 16>;

    KeyRing(const Visit& visit, boost::asio::any_io_executor loop) : visit_(visit), loop_(std::move(loop)) {}

    /// The visit's credentials decide which origin gets a cookie. not_media where what comes is no key: for a
    /// web page in its place login_required.
    boost::asio::awaitable<Result<Key>> get(net::Url url, std::stop_token stop);

  private:
    struct Entry {
        explicit Entry(boost::asio::any_io_executor loop)
            : ready(std::move(loop), boost::asio::steady_timer::time_point::max()) {}
        std::optional<Result<Key>> key;
        boost::asio::steady_timer ready;
    };
    boost::asio::awaitable<Result<Key>> ask(const net::Url& url, std::stop_token stop) const;

    const Visit& visit_;
    boost::asio::any_io_executor loop_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace auricle::streams
