// The words in which a parser says what is wrong with a file, and how it turns ticks into time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/error.h"

namespace auricle::media {

/// `found` is what the file is, as in "a web page".
inline std::unexpected<Error> notSound(std::string_view found) {
    return fail(Kind::not_media, "What the site sent is " + std::string(found) + ", not a sound file.");
}

/// `why` says what is missing, as in "its last box ends beyond the file".
inline std::unexpected<Error> cutOff(std::string_view why) {
    return fail(Kind::not_media, "The sound file is cut off: " + std::string(why) + ".");
}

inline std::unexpected<Error> damaged(std::string_view why) {
    return fail(Kind::not_media, "The sound file is damaged: " + std::string(why) + ".");
}

/// `coding` is what it is, as in "AAC in LATM".
inline std::unexpected<Error> unknownCodec(std::string_view coding) {
    return fail(Kind::not_media,
                "The stream's sound is " + std::string(coding) + ", which cannot be taken out of it.");
}

inline std::unexpected<Error> changedFormat() {
    return fail(Kind::not_media,
                "The stream's sound changes its format on the way; it cannot become one sound file.");
}

inline std::unexpected<Error> protectedSound() {
    return fail(Kind::drm_protected, "This recording is protected (DRM). Auricle does not capture it.");
}

/// Milliseconds; 0 (not known) without a rate, and for more than some thirty years, which no recording lasts.
inline std::uint64_t ticksToMs(std::uint64_t ticks, std::uint64_t ticksPerSecond) {
    constexpr std::uint64_t mostSeconds = 1'000'000'000;
    if (ticksPerSecond == 0 || ticksPerSecond > UINT64_MAX / 1000 || ticks / ticksPerSecond > mostSeconds)
        return 0;
    return ticks / ticksPerSecond * 1000 + ticks % ticksPerSecond * 1000 / ticksPerSecond;
}

}  // namespace auricle::media
