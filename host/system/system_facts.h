// What machine and system this is, in the words that hello uses.
#pragma once

#include <cstdint>
#include <string>

namespace auricle {

struct SystemFacts {
    std::string os;    ///< "linux", "mac", "windows"
    std::string arch;  ///< "x86_64", "aarch64"
    std::int64_t pid;
};
SystemFacts describeSystem();

}  // namespace auricle
