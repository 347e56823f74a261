// What a video would have cost: its size in bytes, asked of the host that holds it, without any secret.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string_view>

#include "net/url.h"
#include "sites/site.h"

namespace auricle::sites {

/// The Content-Length of one file, redirects followed, asked with `credentials` where it needs some. 0 when
/// it cannot be known within 5 seconds: no failure comes of it.
boost::asio::awaitable<std::uint64_t> fileBytes(const net::Url& url, const Visit& visit,
                                                net::Credentials* credentials = nullptr);
/// The same for an HLS master playlist: its highest bandwidth over `durationMs`.
boost::asio::awaitable<std::uint64_t> playlistBytes(const net::Url& url, std::uint64_t durationMs,
                                                    const Visit& visit);

/// The highest BANDWIDTH of a master playlist in bits a second, 0 where there is none (RFC 8216
/// section 4.3.4.2).
std::uint64_t highestBandwidth(std::string_view master);

}  // namespace auricle::sites
