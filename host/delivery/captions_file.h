// Captions in a folder: a file beside the sound, with the same name but for its ending.
#pragma once

#include <string>
#include <string_view>

#include "delivery/delivery.h"
#include "system/error.h"

namespace auricle::delivery {

/// Puts `NAME.srt` beside `soundName` (`NAME.m4a`) in the folder; where that is another text's already,
/// `NAME.LANGUAGE.srt`. Never replaces a file, and needs none twice: the same text in its place is the same
/// delivery. Gives the name. `hidden` is the name of what is being written. Blocks.
Result<std::string> putCaptionsBeside(int folder, std::string_view soundName, const Captions& captions,
                                      const std::string& hidden);

}  // namespace auricle::delivery
