#include "media/sample_list.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace auricle::media {

void RunList::close() {
    if (open_.count == 0) return;
    bool isRun = open_.count > 1;
    closed_.add(foldSign(open_.value) << 1 | (isRun ? 1 : 0));
    if (isRun) closed_.add(open_.count);
    ++closedRuns_;
    open_.count = 0;
}

void RunList::add(std::int64_t value, std::uint64_t count) {
    if (count == 0) return;
    if (open_.count != 0 && open_.value != value) close();
    open_.value = value;
    open_.count += count;
    count_ += count;
}

void RunList::changeLast(std::int64_t value) {
    if (open_.value == value) return;
    --open_.count;
    --count_;
    add(value);
}

std::optional<Run> RunList::Cursor::next() {
    if (auto packed = packed_.next()) {
        Run run{.value = unfoldSign(*packed >> 1), .count = 1};
        if (*packed & 1) run.count = packed_.next().value_or(1);
        return run;
    }
    if (open_.count == 0) return std::nullopt;
    return std::exchange(open_, Run{});
}

void SampleList::addSizes(std::uint32_t bytes, std::uint64_t count) {
    sizes_.add(bytes, count);
    bytes_ += bytes * count;
}

void SampleList::addTimes(std::uint32_t ticks, std::uint64_t count) {
    times_.add(ticks, count);
    ticks_ += ticks * count;
}

void SampleList::addShifts(std::int32_t shift, std::uint64_t count) {
    shifts_.add(shift, count);
    if (shift != 0) isShifted_ = true;
}

void SampleList::moveEnd(std::int64_t ticks) {
    if (times_.count() == 0) return;
    auto last = times_.last();
    auto most = std::int64_t{std::numeric_limits<std::uint32_t>::max()};
    auto moved = std::clamp(last + std::clamp(ticks, -most, most), std::int64_t{0}, most);
    times_.changeLast(moved);
    ticks_ = ticks_ - static_cast<std::uint64_t>(last) + static_cast<std::uint64_t>(moved);
}

std::optional<std::uint32_t> SampleList::commonSize() const {
    if (sizes_.runs() != 1 || sizes_.last() == 0) return std::nullopt;
    return static_cast<std::uint32_t>(sizes_.last());
}

}  // namespace auricle::media
