#include "media/byte_source.h"

#include <algorithm>

namespace auricle::media {

Result<std::size_t> MemorySource::readAt(std::uint64_t offset, std::span<std::byte> into) const {
    if (offset >= bytes_.size()) return 0;
    auto count = std::min<std::size_t>(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::ranges::copy(bytes_.subspan(static_cast<std::size_t>(offset), count), into.begin());
    return count;
}

}  // namespace auricle::media
