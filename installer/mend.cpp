#include "installer/mend.h"

#include <cstring>

#include "installer/manifest.h"
#include "installer/permissions.h"
#include "installer/small_file.h"
#include "system/paths.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

Result<std::string> done(Result<void> outcome, std::string sentence) {
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    return sentence;
}

Result<std::string> changeMode(const fs::path& path, unsigned add, unsigned take, const std::string& what) {
    const auto about = permissionsOf(path);
    if (!about) return fail(Kind::not_found, path.string() + " is not there any more.");
    return done(setMode(path, (about->mode | add) & ~take), what + ' ' + path.string() + '.');
}

Result<std::string> makeFolder(const fs::path& folder) {
    if (makePrivateFolder(folder)) return "Made " + folder.string() + ", for you alone.";
    return fail(Kind::forbidden, folder.string() + " cannot be made (" + std::strerror(errno) + ").");
}

}  // namespace

Result<std::string> mend(const Repair& repair, const Machine& machine) {
    const fs::path& what = repair.what;
    switch (repair.how) {
        case Mend::registerAnew:
            return done(registerIn(machine, what, repair.flavour),
                        "Registered " + machine.program.string() + " in " +
                            (what / manifestFileName()).string() + ".");
        case Mend::removeManifest:
            return done(removeSmallFile(what), "Removed " + what.string() + ".");
        case Mend::letRun:
            return changeMode(what, 0100, 0, "Gave the run bit back to");
        case Mend::keepOthersOut:
            return changeMode(what, 0, 0002, "Took the permission of others away to write");
        case Mend::makeFolder:
            return makeFolder(what);
        case Mend::makePrivate:
            return done(setMode(what, 0700), "Gave " + what.string() + " to you alone (0700).");
        case Mend::none:
            break;
    }
    return fail(Kind::internal, "There is nothing to do about " + what.string() + ".");
}

}  // namespace auricle::installer
