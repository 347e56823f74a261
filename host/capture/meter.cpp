#include "capture/meter.h"

#include <cmath>

namespace auricle::capture {
namespace {

constexpr double smoothingSeconds =
    2.0;  // a time constant that a person reads as steady and still sees a change in

}  // namespace

void Meter::start(std::uint64_t bytes, Clock::time_point now) {
    bytes_ = bytes;
    at_ = now;
    rate_ = 0;
}

void Meter::update(std::uint64_t bytes, Clock::time_point now) {
    if (now <= at_) return;
    double seconds = std::chrono::duration<double>(now - at_).count();
    double current = bytes >= bytes_ ? static_cast<double>(bytes - bytes_) / seconds : 0;
    double weight = rate_ > 0 ? 1 - std::exp(-seconds / smoothingSeconds) : 1;
    rate_ += weight * (current - rate_);
    bytes_ = bytes;
    at_ = now;
}

std::optional<std::uint64_t> Meter::etaMs(std::uint64_t total) const {
    if (total == 0 || rate_ < 1) return std::nullopt;
    if (total <= bytes_) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(total - bytes_) / rate_ * 1000);
}

}  // namespace auricle::capture
