// The channel: serves one browser over two streams until it is gone (PROTOCOL, all of it).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/counters.h"
#include "capture/manager.h"
#include "capture/recordings.h"
#include "system/error.h"
#include "vault/audit_log.h"
#include "vault/seal.h"
#include "vault/vault.h"

namespace auricle::channel {

/// A program that only some sites need.
struct Tool {
    bool isFound = false;
    std::string version;  ///< empty: not known
};
using Tools = std::map<std::string, Tool>;  ///< by name: "ffmpeg", "yt-dlp"

/// A server that an institution runs under a name of its own.
struct OwnServer {
    std::string site, origin;
};

/// What hello says of the host.
struct HostFacts {
    std::string version, os, arch;
    std::int64_t pid = 0;
    std::vector<std::string> sites;
    std::vector<OwnServer> ownServers{};  ///< those that the configuration names
    unsigned capturesAtOnce = 1;
};

/// What the channel calls. All of it must outlive the event loop.
struct Parts {
    capture::Manager& manager;
    vault::Vault& vault;
    vault::SealTable& seals;
    HostFacts facts{};
    /// Called once, after the first hello is answered; calls back on the loop, at once or later. May be
    /// empty.
    std::function<void(std::function<void(Tools)> found)> probeTools{};
    /// The audit, as AuditLog::read() gives it; nothing has happened where it is empty.
    std::function<Result<vault::AuditPage>(std::optional<std::string_view> after, std::size_t limit)>
        readAudit{};
    /// What was counted since the installation; nothing where it is empty.
    std::function<capture::Totals()> totals{};
    /// Called once, after the first hello is answered. May be empty.
    std::function<void()> ready{};
    /// Shows a file in the system's file manager.
    std::function<Result<void>(const std::string& file)> reveal{};
    /// A piece of what a capture delivered: capture::Recordings::read().
    capture::ReadRecording readRecording{};
    /// Called as soon as the end is noticed, before anything is parked: the place to arm a deadline that the
    /// loop cannot miss.
    std::function<void()> ending{};
    /// After the end is noticed, this long at most.
    std::chrono::milliseconds leaveTime{450};
};

class Server {
  public:
    explicit Server(Parts parts) : parts_(std::move(parts)) {}

    /// Takes both descriptors over and serves until the input ends, nobody reads any more, or SIGTERM or
    /// SIGINT comes. Then parks the captures, wipes the vault and returns, within Parts::leaveTime whatever
    /// parking does. The caller stops the loop then: what did not stop in time is still on it. Run on one
    /// thread, once.
    boost::asio::awaitable<void> run(int inDescriptor, int outDescriptor);

  private:
    Parts parts_;
};

}  // namespace auricle::channel
