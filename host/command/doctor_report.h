// How `auricle doctor` tells what it found: in words for a person, as JSON for a script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "installer/finding.h"

namespace auricle::command {

/// One thing that was mended.
struct Mended {
    installer::Finding finding;
    std::string what;  ///< was done, as a sentence
};

/// One thing that could not be mended though it was tried.
struct Unmended {
    installer::Finding finding;
    std::string why;
};

struct DoctorReport {
    std::filesystem::path program;
    installer::Findings findings{};  ///< as it is now, after mending
    bool wasFixing = false;
    std::vector<Mended> mended{};
    std::vector<Unmended> unmended{};
};

/// The text for a person, with a line break at its end.
std::string textOf(const DoctorReport& report);
/// The JSON of docs/troubleshooting.md, with a line break at its end.
std::string jsonOf(const DoctorReport& report);
/// 0 fine, 1 warnings, 2 broken.
int statusOf(const DoctorReport& report);

}  // namespace auricle::command
