// What yt-dlp prints where it was told how (templates of ours, one line each): what a video is, how far its
// download has come, where the file lies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auricle::sites {

/// Of one video. Nothing of it is believed further than it is checked here.
struct YtDlpVideo {
    std::string id;
    std::string title;             ///< as it came
    std::uint64_t durationMs = 0;  ///< 0: not known
    std::uint64_t bytes = 0;       ///< of what would be downloaded; 0: not known
    std::uint64_t wholeBytes = 0;  ///< of its largest stream and that together; 0: not known
    std::string date;              ///< ISO 8601; may be empty
    std::string liveStatus;  ///< "is_live", "is_upcoming", "was_live", "not_live", "post_live", or empty
};

/// The templates that it is started with.
inline constexpr std::string_view ytDlpVideoTemplate =
    "META %(.{id,title,duration,filesize,filesize_approx,upload_date,live_status,is_live})j "
    "%(formats.:.filesize)j";
inline constexpr std::string_view ytDlpProgressTemplate =
    "download:PROG %(progress.{status,downloaded_bytes,total_bytes,total_bytes_estimate})j";
inline constexpr std::string_view ytDlpFileTemplate = "after_move:FILE %(filepath)j";

/// Takes standard output as it comes in pieces. Lines that are none of ours are passed over.
class YtDlpOutput {
  public:
    /// True where these bytes told of progress.
    bool push(std::string_view bytes);
    const std::optional<YtDlpVideo>& video() const { return video_; }
    std::uint64_t done() const { return done_; }       ///< bytes
    std::uint64_t total() const { return total_; }     ///< bytes; 0: not known
    const std::string& file() const { return file_; }  ///< empty until it is there

  private:
    bool readLine(std::string_view line);
    bool readProgress(std::string_view text);

    std::string held_;
    bool isOverlong_ = false;  ///< the rest of a line is dropped
    std::optional<YtDlpVideo> video_;
    std::uint64_t done_ = 0, total_ = 0;
    std::string file_;
};

}  // namespace auricle::sites
