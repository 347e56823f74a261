// Shows a file in the system's file manager.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>

#include "system/error.h"

namespace auricle::command {

/// Starts xdg-open on the file's folder and does not wait for it. not_found when the file is gone,
/// tool_missing when there is no such program. `file` is one that this program delivered, never a path from a
/// message.
Result<void> reveal(boost::asio::io_context& loop, const std::string& file);

}  // namespace auricle::command
