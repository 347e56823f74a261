// `auricle fetch`: a capture from the command line, without a browser.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace auricle::command {

struct FetchOptions {
    std::string url;                               ///< of a page that Auricle knows, or of media itself
    std::optional<std::filesystem::path> cookies;  ///< a Netscape cookie file; none: what is public
    bool readsBearer = false;  ///< the site's token, from standard input: instead of cookies
    std::optional<std::filesystem::path> folder;  ///< none: the configured one
    std::string title;                            ///< empty: the site's
    bool wantsPlanOnly = false;                   ///< print the ways with their bytes, fetch nothing
};

/// Progress as one line that is drawn anew on a terminal, as JSON lines elsewhere; the outcome on standard
/// output, faults on standard error. The same again goes on from the bytes that are there. Returns the exit
/// status.
int runFetch(const FetchOptions& options);

}  // namespace auricle::command
