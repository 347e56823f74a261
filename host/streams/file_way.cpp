#include "streams/file_way.h"

#include "streams/media_gate.h"

namespace auricle::streams {

boost::asio::awaitable<Result<void>> FileWay::fetch(Visit visit, Target& target,
                                                    OnProgress onProgress) const {
    auto told = [&target, &onProgress](std::uint64_t done) {
        auto total = target.validator().total;
        onProgress(done, total ? std::max(total, done) : 0);
    };
    MediaGate gate(target, told);
    net::Request request{.url = url_, .credentials = visit.credentials};
    request.judge = visit.judgeHop;
    request.stop = visit.stop;
    auto outcome =
        co_await net::download(visit.http, std::move(request), gate, visit.judgeHead, visit.timing);
    if (outcome) told(target.size());
    co_return outcome;
}

}  // namespace auricle::streams
