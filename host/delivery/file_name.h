// The name under which a recording lies in a folder: its title and id, made safe for every file system
// (SAFETY "Secrets").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "system/error.h"

namespace auricle::delivery {

constexpr std::size_t longestFileName = 200;  ///< bytes of UTF-8

/// `Title [id].m4a`; for the second and later files of that name `Title [id] (2).m4a`. Never longer than
/// longestFileName, never beginning with a dot, free of separators, of what Windows reserves, of control and
/// bidirectional characters. Whatever is handed in, the result is a single sound component.
std::string fileName(std::string_view title, std::string_view id, std::string_view extension,
                     unsigned copy = 1);

/// May this be a folder beneath the configured one? Components between single slashes; none is `.`, `..`,
/// hidden or too long. bad_params with the path of capture.start's field.
Result<void> judgeSubfolder(std::string_view subfolder);

}  // namespace auricle::delivery
