// Keeps the audit, the counters and the alerts in step with what happens to secrets, and this process
// findable for `auricle forget` while it holds one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>

#include "capture/counters.h"
#include "system/log.h"
#include "system/paths.h"
#include "system/process_mark.h"
#include "vault/alerts.h"
#include "vault/audit_log.h"
#include "vault/refresh.h"
#include "vault/vault.h"

namespace auricle::command {

/// Where this person's audit and counters lie.
vault::AuditLog auditLogOf(const Paths& paths);
capture::Counters countersOf(const Paths& paths);

/// A disk that takes no audit and no counts is no reason to hold a capture up: it is logged.
class Watch {
  public:
    Watch(const Paths& paths, Log& log);

    /// To be told of every event of the vault and of the refresh.
    void happened(const vault::AuditEvent& event);
    /// Begins to look at the sessions and the queue every minute, until the loop ends; `tell` reaches the
    /// person. All of it outlives the loop.
    void begin(boost::asio::any_io_executor loop, const vault::Vault& vault, const vault::Refresh& refresh,
               vault::Alerts::Tell tell);

    const vault::AuditLog& audit() const { return audit_; }
    capture::Counters& counters() { return counters_; }

  private:
    void count(const vault::AuditEvent& event);

    Paths paths_;
    Log& log_;
    vault::AuditLog audit_;
    capture::Counters counters_;
    std::optional<vault::Alerts> alerts_;  ///< once there is somebody to hear them
    std::optional<ProcessMark> mark_;      ///< since there is a secret to be wiped
};

}  // namespace auricle::command
