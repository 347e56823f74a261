// How a program that is missing is installed on this system.
#pragma once

#include <string>
#include <string_view>

namespace auricle {

/// The command that installs `package`: "sudo apt install ffmpeg". `os` as SystemFacts has it, `osRelease`
/// the text of /etc/os-release (os-release(5)). Empty where the system is not one that we know.
std::string installCommand(std::string_view package, std::string_view os, std::string_view osRelease);
/// The same for the system that this is.
std::string installCommand(std::string_view package);

}  // namespace auricle
