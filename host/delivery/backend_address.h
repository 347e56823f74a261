// Which backends may be sent to, and which page address may be told to them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/url.h"
#include "system/error.h"

namespace auricle::delivery {

/// The backend at this origin, if it may be used: https (or http to a loopback address), nothing behind the
/// host, and one of `allowed` unless that is empty (configuration `backends`). Fails with
/// backend_not_allowed.
Result<net::Url> judgeBackend(std::string_view origin, const std::vector<std::string>& allowed);

/// The page's address as a backend may see it. The site has already reduced it to what names the recording;
/// one that still has user info or a fragment, or is no web address at all, is not sent: Kind::internal.
Result<std::string> judgeSourceUrl(std::string_view sourceUrl);

}  // namespace auricle::delivery
