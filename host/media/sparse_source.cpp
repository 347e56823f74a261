#include "media/sparse_source.h"

#include <algorithm>

namespace auricle::media {

SparseSource::Parts::const_iterator SparseSource::partAt(std::uint64_t offset) const {
    auto behind = parts_.upper_bound(offset);
    if (behind == parts_.begin()) return parts_.end();
    auto part = std::prev(behind);
    return offset - part->first < part->second.bytes.size() ? part : parts_.end();
}

Result<std::size_t> SparseSource::readAt(std::uint64_t offset, std::span<std::byte> into) const {
    if (offset >= size_ || into.empty()) return 0;
    auto part = partAt(offset);
    if (part == parts_.end()) {
        missing_ = offset;
        return fail(Kind::not_ready, "This part of the file has not been fetched yet.");
    }
    part->second.usedAt = ++reads_;
    auto bytes = std::span(part->second.bytes).subspan(static_cast<std::size_t>(offset - part->first));
    auto count = std::min(bytes.size(), into.size());
    std::ranges::copy(bytes.first(count), into.begin());
    return count;
}

void SparseSource::put(std::uint64_t offset, std::vector<std::byte> bytes) {
    if (auto before = partAt(offset); before != parts_.end()) {
        auto known =
            std::min<std::uint64_t>(before->first + before->second.bytes.size() - offset, bytes.size());
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known));
        offset += known;
    }
    // Parts within it give way; one that reaches beyond it cuts it.
    for (auto next = parts_.lower_bound(offset);
         next != parts_.end() && next->first < offset + bytes.size();) {
        if (next->first + next->second.bytes.size() > offset + bytes.size()) {
            bytes.resize(static_cast<std::size_t>(next->first - offset));
            break;
        }
        held_ -= next->second.bytes.size();
        next = parts_.erase(next);
    }
    if (bytes.empty()) return;
    held_ += bytes.size();
    parts_[offset] = Part{.bytes = std::move(bytes), .usedAt = ++reads_};
    dropOldest(offset);
}

void SparseSource::dropOldest(std::uint64_t but) {
    while (held_ > mostBytes_ && parts_.size() > 1) {
        auto oldest = parts_.end();
        for (auto part = parts_.begin(); part != parts_.end(); ++part) {
            bool isOlder = oldest == parts_.end() || part->second.usedAt < oldest->second.usedAt;
            if (part->first != but && isOlder) oldest = part;
        }
        held_ -= oldest->second.bytes.size();
        parts_.erase(oldest);
    }
}

}  // namespace auricle::media
