// Which addresses are pages of MUBI's films and their trailers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/url.h"
#include "sites/site.h"

namespace auricle::sites {

inline constexpr std::string_view mubiOrigin = "https://mubi.com";
inline constexpr std::string_view mubiApi = "https://api.mubi.com";

/// `mubi.com/films/FILM`, with one or two parts before it (`/en/us/films/FILM`, a language and a country),
/// and with `/trailer` or `/player` behind it. FILM is the site's number or its word for the film. The page's
/// URL is reduced to that, and Page::id is FILM in lower case.
std::optional<Page> mubiPage(const net::Url& url);

/// Does this page show the film's trailer?
bool isMubiTrailer(const Page& page);

/// Of such a page: "en" and "US" in `/en/us/films/…`; empty where the address does not say it.
struct MubiLocale {
    std::string language, country;
};
MubiLocale mubiLocale(const Page& page);

}  // namespace auricle::sites
