#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "system/system_facts.h"

namespace auricle {

SystemFacts describeSystem() {
    utsname names{};
    ::uname(&names);
    std::string system = names.sysname;
    std::ranges::transform(system, system.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return {.os = system == "darwin" ? "mac" : system, .arch = names.machine, .pid = ::getpid()};
}

}  // namespace auricle
