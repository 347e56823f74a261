// What yt-dlp's messages mean: the sentences it writes to standard error, told apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/error.h"
#include "vault/secret_file.h"

namespace auricle::sites {

/// Of the run whose messages are judged.
struct YtDlpCircumstances {
    std::string version;  ///< as yt-dlp gives it
    bool isOld = false;   ///< the version is so old that a video site will have changed since
};

/// Why a run failed. login_required and bot_detected: other cookies may help; forbidden: an answer about the
/// account (age, private, members), or, retryable, a media address whose time is over; rate_limited with
/// retryAfterMs; drm_protected, not_found, not_media, not_ready_yet, disk_full, tls; tool_missing where
/// another yt-dlp or a JavaScript runtime is what is needed; network, retryable; else internal with its own
/// last words. `errors` is what scrubbed() gave.
Error ytDlpFault(std::string_view errors, const YtDlpCircumstances& of);

/// Does it say that the session it was given is one no more? It then goes on without.
bool saysCookiesWereRotated(std::string_view errors);

/// Standard error without the lines that are about the cookie file (yt-dlp quotes those of its lines that it
/// does not like), without the values of `cookies`, which is the file it was given, and without the queries
/// of addresses.
std::string scrubbed(std::string_view errors, const vault::Secret& cookies);

}  // namespace auricle::sites
