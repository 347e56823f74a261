// The host, put together: every room's parts, with the configuration in force and the channel on top.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "capture/backend_duties.h"
#include "capture/captures.h"
#include "capture/recordings.h"
#include "channel/server.h"
#include "command/watch.h"
#include "net/curl_client.h"
#include "sites/registry.h"
#include "system/config.h"
#include "system/log.h"
#include "system/paths.h"
#include "system/worker_thread.h"
#include "vault/refresh.h"
#include "vault/seal.h"
#include "vault/sweeper.h"
#include "vault/vault.h"

namespace auricle::command {

/// Nothing that only a capture needs is set up before one starts: no thread, no socket, no folder. Lives as
/// long as the loop runs.
class Host {
  public:
    Host(boost::asio::io_context& loop, const Paths& paths, Config config);

    /// What the channel needs of it.
    channel::Parts parts();
    capture::Captures& manager() { return captures_; }
    const sites::Registry& sites() const { return sites_; }
    vault::Vault& vault() { return vault_; }
    /// Returns when nothing blocking is under way any more.
    void joinWorker() { worker_.join(); }

  private:
    capture::Services services();
    capture::DutyMeans dutyMeans();
    Result<std::unique_ptr<delivery::Delivery>> deliveryTo(const delivery::Target& target);
    sites::Programs programs() const;
    /// Where programs are looked for.
    std::vector<std::filesystem::path> folders() const;
    void probeTools(std::function<void(channel::Tools)> found);

    boost::asio::io_context& loop_;
    Paths paths_;
    Config config_;
    Log log_;
    Watch watch_;
    WorkerThread worker_;
    vault::Vault vault_;
    vault::Sweeper sweeper_;
    vault::SealTable seals_;
    vault::Refresh refresh_;
    sites::Registry sites_;
    net::CurlClient http_;
    capture::Captures captures_;
    capture::BackendDuties duties_;
    capture::Recordings recordings_;
};

}  // namespace auricle::command
