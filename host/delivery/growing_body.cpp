#include "delivery/growing_body.h"

#include <algorithm>

#include "system/files.h"

namespace auricle::delivery {

GrowingBody::GrowingBody(boost::asio::any_io_executor loop, int file, std::uint64_t offset, Growing& growing,
                         BodyLimits limits, Now now)
    : file_(file),
      begin_(offset),
      at_(offset),
      growing_(growing),
      limits_(limits),
      now_(std::move(now)),
      endsAt_(now_() + limits.age),
      silence_(std::move(loop)) {}

GrowingBody::~GrowingBody() {
    ++*waits_;
    growing_.tellOfMore(0, {});
}

std::uint64_t GrowingBody::available() const {
    return std::min(growing_.safeBytes(), begin_ + limits_.bytes);
}

bool GrowingBody::isOver() const {
    const std::uint64_t whole = growing_.wholeBytes();
    const bool isWhole = whole > 0 && at_ >= whole;
    return isWhole || fellSilent_ || at_ >= begin_ + limits_.bytes || now_() >= endsAt_;
}

Result<std::size_t> GrowingBody::read(std::span<std::byte> into) {
    const std::uint64_t there = available();
    if (isOver() || there <= at_) return std::size_t{0};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), there - at_));
    auto got = readAt(file_, at_, into.first(wanted));
    if (!got) return got;
    if (*got < wanted)
        return fail(Kind::internal,
                    "The recording on this computer is no longer whole. Start the capture again.");
    at_ += *got;
    return got;
}

bool GrowingBody::isReady() {
    if (isOver() || available() > at_ || !growing_.isGrowing()) return true;
    waitForMore();
    return false;
}

void GrowingBody::onReady(std::function<void()> resume) {
    resume_ = std::move(resume);
}

void GrowingBody::waitForMore() {
    if (std::exchange(isWaiting_, true)) return;
    growing_.tellOfMore(at_, [this] { goOn(); });
    silence_.expires_after(limits_.silence);
    silence_.async_wait([this, waits = waits_, mine = ++*waits_](boost::system::error_code fault) {
        if (fault || *waits != mine) return;
        fellSilent_ = true;
        goOn();
    });
}

void GrowingBody::goOn() {
    isWaiting_ = false;
    ++*waits_;
    silence_.cancel();
    growing_.tellOfMore(0, {});
    if (resume_) resume_();
}

}  // namespace auricle::delivery
