// The two streams that a browser hands to the host, on the event loop.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

namespace auricle {

/// A pipe, a socket or (in tests) a regular file. Writing to one that nobody reads any more gives EPIPE:
/// SIGPIPE is ignored in this process (system/hardening).
using Stream = boost::asio::posix::stream_descriptor;

}  // namespace auricle
