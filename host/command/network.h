// What the configuration says of the network, as the HTTP client takes it.
#pragma once

#include "net/curl_client.h"
#include "system/config.h"

namespace auricle::command {

inline net::NetworkOptions networkOptions(const Config& config) {
    return {.caFile = config.network.caFile,
            .connectTo = config.network.connectTo,
            .proxy = config.network.proxy,
            .maxBytesPerSecond = config.network.maxBytesPerSecond};
}

}  // namespace auricle::command
