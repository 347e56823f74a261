// Which addresses are pages of Panopto, and which recording they name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/url.h"
#include "sites/site.h"

namespace auricle::sites {

/// The page of a recording: Viewer.aspx or Embed.aspx with `id` (which wins) or `tid`, or a Podcast address.
/// Its URL is reduced to what names the recording. `vanityHosts` are a university's own names for its
/// Panopto, compared whole, with
/// ":PORT" where the port is not 443; every other page must be at panopto.com or panopto.eu, by https.
std::optional<Page> panoptoPage(const net::Url& url, std::span<const std::string> vanityHosts);

/// A host at which Panopto runs: below panopto.com or panopto.eu, or one of `vanityHosts`.
bool isPanoptoHost(const net::Url& url, std::span<const std::string> vanityHosts);

/// Where the recording of this id (a GUID) is shown: the form to which panoptoPage() reduces.
std::string panoptoViewer(std::string_view origin, std::string_view id);

/// The page at which a person signs in to Panopto, whatever it is asked with.
bool isPanoptoSignIn(const net::Url& url);

/// The id in lower case if it is a GUID (8-4-4-4-12 hexadecimal digits).
std::optional<std::string> guid(std::string_view text);

}  // namespace auricle::sites
