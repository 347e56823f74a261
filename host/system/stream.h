// The two streams that a browser hands to the host, on the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace auricle {

/// A pipe, a socket or (in tests) a regular file.
using Stream = boost::asio::posix::stream_descriptor;

/// Takes the descriptor over: it is closed with the stream. From now on a write to a pipe that nobody reads
/// any more is an error in this whole process (EPIPE), not its death; programs that it starts have the
/// system's default again.
Stream openStream(const boost::asio::any_io_executor& executor, int descriptor);

}  // namespace auricle
