#include "sites/site.h"

namespace auricle::sites {

boost::asio::awaitable<Result<Items>> Site::list(ListPage, Range, Visit) {
    co_return fail(Kind::unsupported_site,
                   "Auricle knows no lists of this site. Open the recording itself and capture it there.");
}

}  // namespace auricle::sites
