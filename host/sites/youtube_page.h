// The addresses under which one video of YouTube is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sites/site.h"

namespace auricle::sites {

/// A video's page: watch, shorts, live, embed and v on youtube.com and its www, m and music, embed on
/// youtube-nocookie.com, and youtu.be. All of them become the watch page, whose origin has the session.
std::optional<Page> youtubePage(const net::Url& url);

/// Eleven characters of base64url, as every video has (case counts); nothing for anything else, and for
/// "videoseries" and "live_stream", which stand in its place where a player shows a list or a channel.
std::optional<std::string> youtubeId(std::string_view text);

}  // namespace auricle::sites
