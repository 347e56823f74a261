// `auricle stats`: what was done since the installation, for a person, a script or Prometheus.
#pragma once

#include <string>

#include "capture/counters.h"

namespace auricle::command {

/// `format`: "table", "json" or "prometheus".
int printStats(const std::string& format);

/// Prometheus' text exposition format 0.0.4: a counter of each kind, with HELP and TYPE.
std::string prometheusText(const capture::Totals& totals);

}  // namespace auricle::command
