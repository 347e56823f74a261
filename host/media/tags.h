// What a file says about itself to whoever plays it.
#pragma once

#include <string>

namespace auricle::media {

/// UTF-8; what is empty is left out.
struct Tags {
    std::string title{};   ///< of the lecture
    std::string course{};  ///< told as the album
    std::string date{};    ///< ISO 8601, "2026-11-21"
    std::string source{};  ///< the page, told as the comment
};

}  // namespace auricle::media
