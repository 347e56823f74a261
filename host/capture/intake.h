// Makes a capture out of what was asked for: its page recognised, its target judged, its id given.
#pragma once

#include "capture/entry.h"
#include "capture/manager.h"
#include "capture/services.h"

namespace auricle::capture {

struct Intake {
    Entry entry;
    sites::Page page;
    sites::PageMedia given;
};

/// Nothing is written and nobody asked. bad_params, unsupported_site, backend_not_allowed.
Result<Intake> takeIn(const StartRequest& request, const Services& services);

}  // namespace auricle::capture
