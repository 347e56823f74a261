#include "sites/stream_visit.h"

namespace auricle::sites {

streams::Visit streamVisit(const Site& site, const Page& page, const Visit& visit) {
    auto judgeHop = [&site, &page](const net::Url& from, const net::Url& to) {
        return site.judgeHop(page, from, to);
    };
    auto judgeHead = [&site, &page](const net::ResponseHead& head) { return site.judgeMedia(page, head); };
    return {.http = visit.http,
            .credentials = &visit.credentials,
            .timing = visit.timing,
            .judgeHop = judgeHop,
            .judgeHead = judgeHead,
            .worker = visit.worker,
            .stop = visit.stop};
}

}  // namespace auricle::sites
