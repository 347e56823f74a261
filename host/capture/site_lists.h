// What a page of a site holds (a folder, a playlist), and what of it is captured already.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "capture/manager.h"
#include "capture/services.h"
#include "capture/slots.h"
#include "capture/store.h"

namespace auricle::capture {

/// On one loop. `services` and `store` outlive it.
class SiteLists {
  public:
    /// Captures by the page they are of, the newest of each.
    using ByPage = std::map<std::string, std::string>;

    /// `underWay` gives what is not in the history: what runs, and what nobody has seen the end of yet.
    SiteLists(const Services& services, Store& store, std::function<ByPage()> underWay)
        : services_(services), store_(store), underWay_(std::move(underWay)) {}

    /// Manager::listSite. One list at a time: whoever asks for many is served in turn, and the site is asked
    /// politely.
    boost::asio::awaitable<Result<SiteListing>> list(SiteListRequest request, std::stop_token stop);

  private:
    SiteListing marked(sites::Items items);

    const Services& services_;
    Store& store_;
    std::function<ByPage()> underWay_;
    Slots turns_{1};
};

}  // namespace auricle::capture
