#include "delivery/delivery.h"

namespace auricle::delivery {

/// Where nothing can be delivered ahead.
boost::asio::awaitable<void> Delivery::approach(Visit) {
    co_return;
}

boost::asio::awaitable<void> Delivery::follow(const Parcel&, Growing&, Visit,
                                              std::function<void(std::uint64_t)>,
                                              std::function<void(std::string)>) {
    co_return;
}

}  // namespace auricle::delivery
