// What Panopto says of a recording (DeliveryInfo.aspx), reduced to what a capture needs. The person's name,
// mail address and key, which are in the answer too, are dropped while it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/url.h"
#include "system/error.h"

namespace auricle::sites {

struct DeliveryInfo {
    std::string publicId;   ///< GUID, lower case: names the recording at the podcast address; may be empty
    std::string sessionId;  ///< GUID, lower case: the stable id; may be empty
    std::string title, course;     ///< fit to be shown; may be empty
    std::uint64_t durationMs = 0;  ///< 0: not known
    bool isAudioEncoded = true;    ///< false only where Panopto says so
    bool isLive = false;           ///< a broadcast that has not ended
    bool isPurged = false;         ///< the encodes were deleted to save room
    bool canBeRestored = false;    ///< a purged one is made anew when somebody asks Panopto for it
    bool areDownloadsOff = false;  ///< true only where Panopto says so

    /// One of PodcastStreams or Streams that has an address and reaches over the whole recording.
    struct Stream {
        net::Url url;
        std::string tag;          ///< "DV", "AUDIO", "OBJECT", "SCREEN"; may be empty
        bool isPodcast = false;   ///< of PodcastStreams: all that was recorded, in one
        bool isPlaylist = false;  ///< HLS as far as Panopto says; what it is, its bytes tell
    };
    /// Where the sound is likelier before where it is less likely: an audio stream, the podcast, the camera,
    /// what was shown. Each address once.
    std::vector<Stream> streams;
    std::string date;                        ///< of the recording, "2026-10-12"; may be empty
    std::vector<unsigned> captionLanguages;  ///< Panopto's numbers, see panopto_captions
    std::string folderId;                    ///< GUID, lower case, of the folder; may be empty
};

/// Reads the body of an answer with status 200. login_required where it is a web page or has ErrorCode 2;
/// not_found with Panopto's own sentence for every other ErrorCode, and where there is no recording in it;
/// network (retryable) where it is no whole JSON. A field of an unexpected type counts as absent.
Result<DeliveryInfo> parseDeliveryInfo(std::string_view body);

}  // namespace auricle::sites
