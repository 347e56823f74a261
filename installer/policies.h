// The policies by which an administrator keeps a Chromium browser from native messaging hosts.
#pragma once

#include <filesystem>
#include <span>

namespace auricle::installer {

struct Policies {
    bool areUserHostsOff = false;  ///< NativeMessagingUserLevelHosts is false: only the system's manifests
    bool isBlocked = false;        ///< NativeMessagingBlocklist without an exception for our host
    std::filesystem::path file{};  ///< the one that says so
};

/// Reads every .json file of these folders in the order of their names, as Chromium does: of several that
/// set one policy the last counts. One that cannot be read is passed over, as Chromium passes it over.
Policies readPolicies(std::span<const std::filesystem::path> folders);

}  // namespace auricle::installer
