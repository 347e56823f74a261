// Text that came from a site, made fit to be shown in one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auricle::sites {

/// Without control characters and characters that turn the direction of writing, runs of white space as one
/// space, at most `maxBytes` bytes and never cut inside a character (then with "…"). `text` is taken for
/// UTF-8; bytes that are none go.
std::string plainText(std::string_view text, std::size_t maxBytes);

}  // namespace auricle::sites
