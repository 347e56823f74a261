// The programs beside the host that a capture may use: ffmpeg and yt-dlp, found on this machine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "system/error.h"

namespace auricle {

struct Tool {
    std::string_view name;  ///< as hello calls it and as its file is named
    std::string_view versionArgument;
    std::string_view versionPrefix;  ///< of the line that names it, before the version itself
    std::string_view configKey;
};

inline constexpr Tool ffmpeg{"ffmpeg", "-version", "ffmpeg version ", "tools.ffmpeg"};
inline constexpr Tool ytDlp{"yt-dlp", "--version", "", "tools.ytDlp"};

/// Where programs are looked for, in this order: the folders of PATH, then the usual ones, since a browser
/// started from a desktop may hand on a bare PATH. Relative folders are left out: the host starts in a folder
/// of the browser's choice.
std::vector<std::filesystem::path> toolFolders(std::string_view pathVariable,
                                               const std::filesystem::path& home);

/// The absolute path of the tool: `configured`, if it is not empty, and no other; else the first in
/// `folders`. Looks at files and starts nothing. Fails with tool_missing and a sentence with the command
/// that installs it on this system, and the key that configures it.
Result<std::filesystem::path> findTool(const Tool& tool, const std::filesystem::path& configured,
                                       std::span<const std::filesystem::path> folders);

/// Asks the program for its version ("5.1.6-0+deb12u1", "2023.03.04"). Fails as run() does, or with
/// tool_missing where it is not the tool it is named after. Ends within 10 s (yt-dlp unpacks itself at its
/// first start).
boost::asio::awaitable<Result<std::string>> probeVersion(Tool tool, std::filesystem::path program,
                                                         std::stop_token stop = {});

}  // namespace auricle
