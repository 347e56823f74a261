// A native messaging manifest: what a browser reads to find the host, and whom it lets start it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/place_table.h"
#include "system/error.h"

namespace auricle::installer {

/// "org.auricle.host": the name that extensions connect to.
std::string_view hostName();
/// "org.auricle.host.json".
std::string manifestFileName();

struct Manifest {
    std::string name;
    std::string description;
    std::filesystem::path program;
    std::vector<std::string>
        callers;  ///< allowed_origins (chrome-extension://ID/) or allowed_extensions (ids)
    std::string type{};
    bool hasOrigins = false;     ///< there is an allowed_origins
    bool hasExtensions = false;  ///< there is an allowed_extensions

    /// True for one that `auricle install` wrote.
    bool hasOurMark() const;
    /// True for one that `auricle install` wrote, or that starts `thisProgram`. Any other file of our name is
    /// somebody else's.
    bool isOurs(const std::filesystem::path& thisProgram) const;
};

/// The text of the manifest for a browser of that flavour. `program` must be UTF-8.
std::string manifestText(Flavour flavour, const std::filesystem::path& program,
                         const std::vector<std::string>& callers);
/// True where the text ends a description as `auricle install` does, even if it is no manifest any more.
bool hasOurMark(std::string_view text);
/// Nothing where the text is no manifest.
std::optional<Manifest> parseManifest(std::string_view text);

/// An extension id as a caller of its flavour's manifest, and which flavour that is. bad_params for what can
/// be neither's id.
struct ExtensionId {
    Flavour flavour;
    std::string caller;
};
Result<ExtensionId> parseExtensionId(std::string_view text);

/// The callers that every manifest of that flavour names: our own extensions. Reads nothing.
std::vector<std::string> registeredCallers(Flavour flavour);

}  // namespace auricle::installer
