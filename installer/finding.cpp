#include "installer/finding.h"

namespace auricle::installer {

std::string_view word(Severity severity) {
    constexpr std::array<std::string_view, 4> words{"fine", "note", "warning", "broken"};
    return words[static_cast<std::size_t>(severity)];
}

Severity worst(const Findings& findings) {
    Severity most = Severity::fine;
    for (const Finding& finding : findings) most = std::max(most, finding.severity);
    return most;
}

}  // namespace auricle::installer
