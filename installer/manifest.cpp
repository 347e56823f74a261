#include "installer/manifest.h"

#include <nlohmann/json.hpp>

#include "embedded/manifests.h"

namespace auricle::installer {
namespace {

using nlohmann::json;

// Firefox's schema refuses keys of our own, so the mark stands in the description.
constexpr std::string_view mark = "(written by `auricle install`)";
constexpr std::string_view description =
    "Auricle: the sound of a lecture, and nothing else, for your study backend (written by `auricle "
    "install`)";
static_assert(description.ends_with(mark));

constexpr std::string_view originPrefix = "chrome-extension://";

std::string originOf(std::string_view id) {
    return std::string(originPrefix) + std::string(id) + '/';
}

void fill(std::string& text, std::string_view placeholder, const json& value) {
    const auto at = text.find(placeholder);
    if (at != text.npos) text.replace(at, placeholder.size(), value.dump());
}

bool isChromiumId(std::string_view id) {
    return id.size() == 32 && std::ranges::all_of(id, [](char c) { return c >= 'a' && c <= 'p'; });
}

bool isAlphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// name@domain, or a GUID in braces (the two forms that Firefox takes).
bool isGeckoId(std::string_view id) {
    if (id.size() == 38 && id.front() == '{' && id.back() == '}') {
        return std::ranges::all_of(
            id.substr(1, 36), [](char c) { return std::string_view("0123456789abcdefABCDEF-").contains(c); });
    }
    const auto at = id.find('@');
    if (at == id.npos || at + 1 == id.size() || id.size() > 80) return false;
    return std::ranges::count(id, '@') == 1 && std::ranges::all_of(id, [](char c) {
               return isAlphanumeric(c) || std::string_view("-._@").contains(c);
           });
}

}  // namespace

std::string_view hostName() {
    return embedded::hostName;
}

std::string manifestFileName() {
    return std::string(embedded::hostName) + ".json";
}

bool Manifest::isOurs(const std::filesystem::path& thisProgram) const {
    return name == hostName() && (hasOurMark() || program == thisProgram);
}

bool Manifest::hasOurMark() const {
    return description.ends_with(mark);
}

bool hasOurMark(std::string_view text) {
    return text.find(mark) != text.npos;
}

std::string manifestText(Flavour flavour, const std::filesystem::path& program,
                         const std::vector<std::string>& callers) {
    std::string text(flavour == Flavour::chromium ? embedded::chromiumTemplate : embedded::geckoTemplate);
    fill(text, "@NAME@", hostName());
    fill(text, "@DESCRIPTION@", description);
    fill(text, "@CALLERS@", callers);
    fill(text, "@PATH@", program.string());
    return text;
}

std::optional<Manifest> parseManifest(std::string_view text) {
    const json content = json::parse(text, nullptr, false);
    if (!content.is_object()) return std::nullopt;
    const auto word = [&](const char* key) {
        const auto found = content.find(key);
        return found != content.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    Manifest manifest{.name = word("name"),
                      .description = word("description"),
                      .program = word("path"),
                      .callers = {},
                      .type = word("type"),
                      .hasOrigins = content.contains("allowed_origins"),
                      .hasExtensions = content.contains("allowed_extensions")};
    if (manifest.name.empty() || manifest.program.empty()) return std::nullopt;
    for (const char* key : {"allowed_origins", "allowed_extensions"}) {
        const auto list = content.find(key);
        if (list == content.end() || !list->is_array()) continue;
        for (const json& caller : *list) {
            if (caller.is_string()) manifest.callers.push_back(caller);
        }
    }
    return manifest;
}

Result<ExtensionId> parseExtensionId(std::string_view text) {
    std::string_view id = text;
    if (id.starts_with(originPrefix)) {
        id.remove_prefix(originPrefix.size());
        if (id.ends_with('/')) id.remove_suffix(1);
    }
    if (isChromiumId(id)) return ExtensionId{Flavour::chromium, originOf(id)};
    if (isGeckoId(text)) return ExtensionId{Flavour::gecko, std::string(text)};
    return fail(Kind::bad_params, '"' + std::string(text) +
                                      "\" is no extension id. Chromium's are 32 letters from a to p, "
                                      "Firefox's look like name@example.org or a GUID in braces.");
}

std::vector<std::string> registeredCallers(Flavour flavour) {
    std::vector<std::string> callers;
    if (flavour == Flavour::gecko) {
        callers.assign(embedded::geckoIds.begin(), embedded::geckoIds.end());
    } else {
        for (const auto id : embedded::chromiumIds) callers.push_back(originOf(id));
    }
    return callers;
}

}  // namespace auricle::installer
