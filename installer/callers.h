// Who may have the services of this program: our own extensions, and those that its manifests name.
#pragma once

#include <string>
#include <vector>

#include "installer/registration.h"

namespace auricle::installer {

struct Callers {
    std::vector<std::string> origins;  ///< Chromium: "chrome-extension://ID/"
    std::vector<std::string> ids;      ///< Firefox: add-on ids
};

/// Our own extensions. Reads nothing, so that it can be asked at every start.
Callers registeredOrigins();

/// Those, and whom an administrator or an extension's author let in by `auricle install --extension-id`: the
/// callers named in manifests which start this very program, stand where a browser of this user looks for
/// them, and can be written by this user or root alone. Reads the manifests of all browsers: ask only about a
/// caller that is not our own.
Callers callersInManifests(const Machine& machine);

}  // namespace auricle::installer
