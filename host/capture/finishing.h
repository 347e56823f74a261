// Makes of what was fetched a file that plays everywhere: a plain .m4a of fragments, bare frames or what few
// players take, and a smaller one where it may not be so large.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "media/container.h"
#include "media/tags.h"
#include "system/error.h"

namespace auricle::capture {

/// What is to be finished, and how.
struct Raw {
    std::filesystem::path file;    ///< stays as it is
    std::string sha256;            ///< of it, hex
    media::Tags tags;              ///< written where a file is made anew
    bool isSitesOwnFile = false;   ///< offered by the site as it is: kept byte for byte if it plays
    std::uint64_t plannedMs = 0;   ///< how long the sound should be; 0: not known
    std::uint64_t maxBytes = 0;    ///< 0: as large as it is
    std::filesystem::path folder;  ///< of this capture alone, for files that are made anew; may be missing
};

struct Finished {
    std::filesystem::path file;  ///< `raw.file`, or one in `raw.folder`
    std::uint64_t bytes = 0;
    std::string sha256;
    media::Container container;
    std::uint64_t encodedFrom = 0;  ///< bytes that it had before it was encoded anew to fit; 0: it was not
    bool isOutOfVideo = false;      ///< what was fetched had a picture too, which was left behind
};

struct FinishingTools {
    boost::asio::any_io_executor worker;
    /// The absolute path of ffmpeg; tool_missing where there is none.
    std::function<Result<std::filesystem::path>()> ffmpeg;
    std::function<void(double share)> onProgress;  ///< 0 to 1, of an encoding
    std::stop_token stop;
};

/// Fails with drm_protected, not_media (no sound, cut off, much shorter than planned), too_large where it
/// cannot be made to fit, tool_missing where that or the container takes ffmpeg and there is none, disk_full,
/// cancelled.
boost::asio::awaitable<Result<Finished>> finishFile(Raw raw, FinishingTools tools);

}  // namespace auricle::capture
