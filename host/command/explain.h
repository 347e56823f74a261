// `auricle explain`: what a browser means by an error about a native messaging host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::command {

struct Explanation {
    std::string cause;
    std::vector<std::string> steps;  ///< what to do, in order; one line each
};

/// Nothing for a message that is not known. Takes it as the browser's page or console shows it, with whatever
/// stands before or behind.
std::optional<Explanation> explain(std::string_view message);

/// Prints what is known of the message (its words, where a shell has taken it apart), else where to look.
/// Returns the exit status: failed for a message that is not known, usage for an empty one.
int runExplain(const std::vector<std::string>& words);

}  // namespace auricle::command
