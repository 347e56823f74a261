#include "installer/permissions.h"
#include "installer/program.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

bool isBelow(const fs::path& file, const fs::path& folder) {
    if (folder.empty()) return false;
    std::error_code ignored;
    const fs::path relative = file.lexically_relative(fs::weakly_canonical(folder, ignored));
    return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<fs::path> thisProgram() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error || !fs::exists(program, error)) {
        return fail(
            Kind::internal,
            "This program was moved or replaced while it ran. Start it again from where it lies now.");
    }
    return program;
}

std::vector<std::string> programWarnings(const fs::path& program, const fs::path& configHome,
                                         const std::vector<fs::path>& temporaryFolders) {
    std::vector<std::string> warnings;
    if (program.string().find("/.mount_") != std::string::npos) {
        warnings.emplace_back(
            "The program runs from an AppImage, whose path changes at each start: the browser will not find "
            "it. Install Auricle unpacked, then run this again.");
    } else if (std::ranges::any_of(temporaryFolders,
                                   [&](const fs::path& folder) { return isBelow(program, folder); })) {
        warnings.emplace_back("The program lies in a temporary folder (" + program.parent_path().string() +
                              ") and will vanish with it. Move it to a lasting place, then run this again.");
    }
    if (isBelow(program, configHome)) {
        warnings.emplace_back("The program lies below " + configHome.string() +
                              ", where AppArmor profiles keep browsers from starting programs. Move it, for "
                              "instance to ~/.local/bin, then run this again.");
    }
    if (othersMayWrite(program) || othersMayWrite(program.parent_path())) {
        warnings.emplace_back("Every user of this machine may replace the program (" + program.string() +
                              "). Take that permission away: chmod o-w.");
    }
    return warnings;
}

}  // namespace auricle::installer
