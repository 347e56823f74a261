// ffmpeg as a child that sees one local folder and no network: takes sound out of what we do not read
// ourselves, and encodes it anew.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "media/m4a.h"
#include "system/error.h"

namespace auricle::media {

struct FfmpegWork {
    std::filesystem::path program;  ///< absolute; findTool(ffmpeg, …) gives it
    std::filesystem::path folder;   ///< absolute; all that it may read and write
    std::string input, output;      ///< names in it; an output that is there is replaced
    Tags tags{};
    std::uint64_t durationMs = 0;  ///< of the sound; 0: not known
    /// Told on the loop how much of the sound is done, ms; never less than before.
    std::function<void(std::uint64_t doneMs)> onProgress{};
    std::stop_token stop{};
};

/// How sound came into the new file.
enum class Taken : std::uint8_t { copied, encoded };

/// The first sound track of `input` as an .m4a: its packets as they are where an MP4 can hold them, else
/// encoded as AAC. Errors: as encodeMono().
boost::asio::awaitable<Result<Taken>> takeSound(FfmpegWork work);

/// The first sound track encoded as mono AAC in an .m4a. Errors: tool_missing (the program cannot be run),
/// cancelled, timeout (longer than the sound itself and a few minutes), not_media with ffmpeg's own last
/// words where it cannot read the input. `output` is gone after any.
boost::asio::awaitable<Result<void>> encodeMono(FfmpegWork work, std::uint32_t bitsPerSecond,
                                                std::uint32_t sampleRate);

/// What ffmpeg says of its progress (`-progress`), as it comes in pieces: lines of KEY=VALUE.
class FfmpegProgress {
  public:
    /// True where these bytes moved doneMs() on.
    bool push(std::string_view bytes);
    std::uint64_t doneMs() const { return doneMs_; }

  private:
    bool readLine(std::string_view line);

    std::string held_;
    std::uint64_t doneMs_ = 0;
};

}  // namespace auricle::media
