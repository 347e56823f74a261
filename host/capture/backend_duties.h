// Which backends are served, and when: those that this machine has sent something to before, while their
// token is in the vault.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "capture/backend_duty.h"

namespace auricle::capture {

class BackendDuties {
  public:
    BackendDuties(boost::asio::any_io_executor loop, DutyMeans means);
    ~BackendDuties();
    BackendDuties(const BackendDuties&) = delete;
    BackendDuties& operator=(const BackendDuties&) = delete;

    /// A browser is there. Before that, and where `jobs.enabled` is off, nothing is asked of anybody.
    void begin();
    /// Ends every request now; none is begun afterwards.
    void stop();
    /// A backend whose token is gone is not served any more, and its request ends now.
    void secretsWiped();

  private:
    void consider(const std::string& origin);
    void serve(const net::Url& backend);
    void noteChange(const std::string& origin);

    boost::asio::any_io_executor loop_;
    DutyMeans means_;
    bool isOpen_ = false;
    std::map<std::string, std::shared_ptr<BackendDuty>> duties_;  ///< by origin
    std::set<std::string> notServed_;                             ///< not asked again by this process
    std::shared_ptr<bool> isAlive_ = std::make_shared<bool>(true);
};

}  // namespace auricle::capture
