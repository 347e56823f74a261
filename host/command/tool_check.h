// What `auricle doctor` says of the programs beside the host: ffmpeg and yt-dlp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "installer/finding.h"
#include "system/config.h"

namespace auricle::command {

/// Looks for each as the host does that a browser has started, with its bare PATH, and asks for the version.
/// `personPath`: the PATH of the person, on which a tool may lie that the host would not find.
boost::asio::awaitable<installer::Findings> checkTools(Config config, std::filesystem::path home,
                                                       std::string personPath);

}  // namespace auricle::command
