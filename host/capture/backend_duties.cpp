#include "capture/backend_duties.h"

#include "delivery/backend_address.h"

namespace auricle::capture {

BackendDuties::BackendDuties(boost::asio::any_io_executor loop, DutyMeans means)
    : loop_(std::move(loop)), means_(std::move(means)) {}

BackendDuties::~BackendDuties() {
    *isAlive_ = false;
    stop();
}

void BackendDuties::begin() {
    if (!means_.services.config.jobs.enabled || std::exchange(isOpen_, true)) return;
    means_.captures.watch({.changed =
                               [this](const Entry& entry) {
                                   const auto& target = entry.capture.target;
                                   if (target.to != delivery::Target::To::backend) return;
                                   noteChange(target.origin);
                                   if (!entry.lecture.empty()) consider(target.origin);
                               },
                           .put =
                               [this](const vault::PutOutcome& put) {
                                   for (const auto& [origin, duty] : duties_) duty->noteChange();
                                   if (put.isBearer) consider(put.key.origin);
                               }});
    for (const auto& status : means_.services.vault.status()) {
        if (status.kind == "bearer") consider(status.key.origin);
    }
}

void BackendDuties::stop() {
    isOpen_ = false;
    means_.captures.watch({});
    for (const auto& [origin, duty] : duties_) duty->stop();
}

void BackendDuties::secretsWiped() {
    for (const auto& [origin, duty] : duties_) {
        duty->noteChange();
        if (means_.services.vault.bearer(origin).empty()) duty->stop();
    }
}

void BackendDuties::noteChange(const std::string& origin) {
    auto duty = duties_.find(origin);
    if (duty != duties_.end()) duty->second->noteChange();
}

void BackendDuties::consider(const std::string& origin) {
    if (!isOpen_ || duties_.contains(origin) || notServed_.contains(origin)) return;
    if (means_.services.vault.bearer(origin).empty()) return;
    auto backend = delivery::judgeBackend(origin, means_.services.config.backends);
    if (backend && !means_.captures.registeredWith(origin).empty()) serve(*backend);
}

void BackendDuties::serve(const net::Url& backend) {
    auto origin = backend.origin();
    auto duty = std::make_shared<BackendDuty>(loop_, means_, backend);
    duties_[origin] = duty;
    duty->begin([this, origin, isAlive = isAlive_](BackendDuty::End end) {
        if (!*isAlive) return;
        duties_.erase(origin);
        if (end == BackendDuty::End::notServed) notServed_.insert(origin);
        // Its token may have been put anew while the last request was being ended.
        if (end == BackendDuty::End::stopped) consider(origin);
    });
}

}  // namespace auricle::capture
