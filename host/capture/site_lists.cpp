#include "capture/site_lists.h"

#include "capture/bad_param.h"
#include "capture/credentials.h"

namespace auricle::capture {

namespace asio = boost::asio;

SiteListing SiteLists::marked(sites::Items items) {
    SiteListing listing{.items = {}, .total = items.total, .next = items.next};
    // What another process finishes meanwhile moves from the open ones to the history: read in this order,
    // none is missed.
    auto underWay = underWay_();
    for (auto& item : items.items) {
        std::optional<std::string> captured;
        if (auto running = underWay.find(item.page); running != underWay.end()) {
            captured = running->second;
        } else if (auto done = store_.history().byPage(item.page)) {
            captured = done->capture.id;
        }
        listing.items.push_back({std::move(item), std::move(captured)});
    }
    return listing;
}

asio::awaitable<Result<SiteListing>> SiteLists::list(SiteListRequest request, std::stop_token stop) {
    auto page = services_.sites.recogniseList(request.page);
    if (!page) co_return badParam("/page", page.error().message);
    if (!*page) {
        co_return fail(Kind::unsupported_site,
                       "Auricle knows no list of recordings at this address. Open a folder, “Shared with Me” "
                       "or a playlist at Panopto.");
    }
    if (auto turn = co_await turns_.acquire(stop); !turn) co_return std::unexpected(turn.error());
    auto& site = *services_.sites.find((*page)->site);
    bool useCookies = services_.config.sites.at((*page)->site).useCookies;
    vault::Key key{.site = (*page)->site, .origin = (*page)->origin, .store = request.store};
    auto credentials = siteCredentials(services_.vault, key, useCookies);
    sites::Visit with{services_.http, *credentials, services_.timing, stop};
    auto items = co_await site.list(std::move(**page), request.range, with);
    turns_.release();
    if (items) co_return marked(std::move(*items));
    if (items.error().kind == Kind::login_required && !useCookies) {
        co_return fail(
            Kind::login_required,
            "This list is not public, and the use of cookies is switched off for this site (sites." +
                key.site + ".useCookies in the configuration).");
    }
    co_return std::unexpected(std::move(items.error()));
}

}  // namespace auricle::capture
