#include "capture/head_start.h"

#include "media/early_look.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

/// An index of many hours is that long; where it is longer, the file is looked at again with more of it.
constexpr std::uint64_t firstLookBytes = 256u << 10, lastLookBytes = 32u << 20;
/// Of a file that is known to be large: a short index may stand in front of it.
constexpr std::uint64_t earliestLookBytes = 64u << 10, isLargeFromBytes = 1u << 20;

}  // namespace

HeadStart::HeadStart(asio::any_io_executor loop, std::shared_ptr<PartFile> part, std::uint64_t maxBytes,
                     Approach approach, ParcelOf parcelOf, Deliver deliver)
    : part_(std::move(part)),
      maxBytes_(maxBytes),
      approach_(std::move(approach)),
      parcelOf_(std::move(parcelOf)),
      deliver_(std::move(deliver)),
      following_(std::move(loop)) {
    part_->setGrowing(true);
    following_.start(run());
}

asio::awaitable<void> HeadStart::run() {
    co_await approach_();
    std::optional<media::Container> container;
    for (auto enough = earliestLookBytes; !container && enough <= lastLookBytes; enough *= 4) {
        if (auto waited = co_await part_->waitForMore(enough); !waited) co_return;
        if (enough < firstLookBytes && part_->validator().total < isLargeFromBytes) continue;
        auto content = part_->content();
        container = media::soundFromTheBeginning(*content);
    }
    if (!container) co_return;
    auto growing = part_->growing();
    auto whole = growing->wholeBytes();
    // What is too large is made smaller first, and nothing of it is delivered as it is.
    if (maxBytes_ && (whole == 0 || whole > maxBytes_)) co_return;
    auto parcel = parcelOf_(*container, whole);
    co_await deliver_(parcel, *growing);
}

asio::awaitable<void> HeadStart::end() {
    part_->setGrowing(false);
    co_await following_.settled();
}

}  // namespace auricle::capture
