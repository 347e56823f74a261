#include "channel/caller.h"

#include <algorithm>
#include <optional>

namespace auricle::channel {
namespace {

constexpr std::string_view chromiumScheme = "chrome-extension://";
constexpr std::size_t maxShownBytes = 128;

/// Arguments come from outside and standard error may be a terminal: only what an id can hold is repeated.
bool canBeShown(std::string_view text) {
    return text.size() <= maxShownBytes &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

Caller judge(std::string_view caller, const std::vector<std::string>& registered) {
    if (contains(registered, caller))
        return {.who = Caller::Who::extension, .origin = std::string(caller), .refusal = {}};
    const std::string shown = canBeShown(caller) ? std::string(caller) : "an extension with no proper id";
    return {.who = Caller::Who::stranger,
            .origin = {},
            .refusal = "auricle: " + shown +
                       " is not registered to use this program. If it is yours, run `auricle install` "
                       "with its id."};
}

bool isManifestPath(std::string_view argument) {
    const bool isUnix = argument.starts_with('/');
    const bool isWindows =
        argument.size() > 3 && argument[1] == ':' && (argument[2] == '\\' || argument[2] == '/');
    return (isUnix || isWindows || argument.starts_with(R"(\\)")) && argument.ends_with(".json");
}

}  // namespace

Caller callerOf(std::span<const char* const> arguments, const Registered& registered) {
    std::optional<std::string_view> origin;
    for (const std::string_view argument : arguments) {
        if (!argument.starts_with(chromiumScheme)) continue;
        // No browser names two; whoever does wants one checked and the other believed.
        if (origin) return judge("", {});
        origin = argument;
    }
    if (origin) return judge(*origin, registered.origins);
    if (arguments.size() >= 2 && isManifestPath(arguments[0])) return judge(arguments[1], registered.ids);
    return {};
}

}  // namespace auricle::channel
