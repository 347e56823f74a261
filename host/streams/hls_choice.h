// Which of the playlists that an HLS master offers are ways to the sound, the cheapest first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/hls_playlist.h"

namespace auricle::streams {

struct HlsChoice {
    std::string uri;
    std::string_view how;             ///< the words of PROTOCOL's plan.how
    std::uint64_t bitsPerSecond = 0;  ///< what it costs; 0: the master does not say
};

/// Audio renditions (one for each group: the language that is wished for, else what is marked as default),
/// then variants that are sound alone, then the smallest variant that has sound in its own segments.
/// `language`: BCP 47; may be empty. Empty where there is none.
std::vector<HlsChoice> chooseSound(const media::HlsMaster& master, std::string_view language);

/// Bits a second of the best variant: what a player would fetch.
std::uint64_t bestBandwidth(const media::HlsMaster& master);

}  // namespace auricle::streams
