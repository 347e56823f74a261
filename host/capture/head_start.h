// Delivers a capture's file while it is still being fetched, as far as that goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "capture/part_file.h"
#include "delivery/delivery.h"
#include "media/container.h"
#include "system/beside.h"

namespace auricle::capture {

/// Runs beside the fetching, on the same loop; nothing that goes wrong in it is an error.
class HeadStart {
  public:
    /// What is delivered of a file whose beginning looks like this; null: nothing is delivered ahead.
    using ParcelOf = std::function<delivery::Parcel(const media::Container&, std::uint64_t wholeBytes)>;
    using Told = std::function<void(std::uint64_t)>;

    /// Begins to follow `part`, which grows from now on. `deliver` carries out what ParcelOf gave.
    using Deliver = std::function<boost::asio::awaitable<void>(const delivery::Parcel&, delivery::Growing&)>;
    /// `approach` comes first, while the beginning is on its way.
    using Approach = std::function<boost::asio::awaitable<void>()>;
    HeadStart(boost::asio::any_io_executor loop, std::shared_ptr<PartFile> part, std::uint64_t maxBytes,
              Approach approach, ParcelOf parcelOf, Deliver deliver);
    HeadStart(const HeadStart&) = delete;
    HeadStart& operator=(const HeadStart&) = delete;

    /// The file does not grow any more; what is under way of it goes on.
    void noMoreComes() { part_->setGrowing(false); }
    /// The file does not grow any more: returns when the delivery has come to rest. To be awaited before this
    /// is destroyed.
    boost::asio::awaitable<void> end();

  private:
    boost::asio::awaitable<void> run();

    std::shared_ptr<PartFile> part_;
    std::uint64_t maxBytes_;  ///< 0: no limit
    Approach approach_;
    ParcelOf parcelOf_;
    Deliver deliver_;
    Beside following_;
};

}  // namespace auricle::capture
