// What a browser will make of the manifests it finds: judged file by file, in the order in which it looks,
// and by starting the host as that browser would.
#pragma once

#include "installer/finding.h"
#include "installer/lookup.h"
#include "installer/policies.h"
#include "installer/trial.h"

namespace auricle::installer {

/// Everything about one browser. Chromium takes the first manifest that is there, good or bad; Firefox the
/// first that it can use. Files are read and looked at; nothing is changed.
Findings checkBrowser(const Lookup& lookup, const Policies& policies, const Machine& machine,
                      const TryHost& tryHost);

}  // namespace auricle::installer
