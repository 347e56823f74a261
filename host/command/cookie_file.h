// A cookie file that a person names on the command line, read into secret memory.
#pragma once

#include <filesystem>
#include <vector>

#include "system/error.h"
#include "vault/cookie.h"

namespace auricle::command {

/// In Netscape's format, at most 4 MiB. Fails as opening a file does, with too_large, or as
/// vault::readNetscape.
Result<std::vector<vault::OfferedCookie>> readCookieFile(const std::filesystem::path& path);

}  // namespace auricle::command
