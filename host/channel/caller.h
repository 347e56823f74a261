// Who started the program: a browser for one of our extensions, a browser for somebody else's, or a person.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::channel {

/// The extensions that are registered to use the host.
struct Registered {
    std::vector<std::string> origins;  ///< Chromium: "chrome-extension://ID/"
    std::vector<std::string> ids;      ///< Firefox: add-on ids
};

struct Caller {
    enum class Who { person, extension, stranger } who = Who::person;
    std::string origin;   ///< extension: its origin (Chromium) or its add-on id (Firefox)
    std::string refusal;  ///< stranger: one line for standard error, that says what to do; the status is 2
};

/// Judges the arguments, without the program's name, by how browsers start hosts: Chromium gives the origin
/// (Windows adds
/// --parent-window=N, at any place), Firefox the manifest's path and the add-on's id.
Caller callerOf(std::span<const char* const> arguments, const Registered& registered);

}  // namespace auricle::channel
