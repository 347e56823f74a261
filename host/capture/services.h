// What every capture of this process uses. Put together once, above this room.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "capture/counters.h"
#include "delivery/delivery.h"
#include "net/http.h"
#include "net/retry.h"
#include "sites/registry.h"
#include "system/config.h"
#include "system/log.h"
#include "vault/refresh.h"
#include "vault/vault.h"

namespace auricle::capture {

struct Services {
    const Config& config;
    net::HttpClient& http;
    vault::Vault& vault;
    vault::Refresh& refresh;
    const sites::Registry& sites;
    net::Timing timing;
    Counters& counters;
    /// For what blocks (syncing, digests of files); asked for when it is first needed.
    std::function<boost::asio::any_io_executor()> worker;
    /// The absolute path of ffmpeg; tool_missing where there is none.
    std::function<Result<std::filesystem::path>()> ffmpeg;
    /// backend_not_allowed where the configuration has changed since the capture was started.
    std::function<Result<std::unique_ptr<delivery::Delivery>>(const delivery::Target&)> deliveryTo;
    std::function<std::chrono::system_clock::time_point()> now;
    Log& log;
};

}  // namespace auricle::capture
