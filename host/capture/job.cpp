#include "capture/job.h"

#include <nlohmann/json.hpp>

namespace auricle::capture {

void Job::note() {
    (void)journal.append(toRecord(entry));
}

}  // namespace auricle::capture
