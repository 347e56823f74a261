#include "media/window.h"

#include <algorithm>

namespace auricle::media {

Window::Window(const ByteSource& source, std::size_t blockBytes)
    : source_(source), size_(source.size()), block_(blockBytes) {}

Result<std::span<const std::byte>> Window::at(std::uint64_t offset, std::size_t count) {
    if (offset >= size_) return std::span<const std::byte>{};
    count = static_cast<std::size_t>(std::min<std::uint64_t>({count, block_.size(), size_ - offset}));
    bool isHeld = offset >= begin_ && offset - begin_ <= held_ && count <= held_ - (offset - begin_);
    if (!isHeld) {
        held_ = 0;
        begin_ = offset;
        // A source may give fewer than a block; it goes on until what was asked for is there.
        while (held_ < count) {
            auto got = source_.readAt(offset + held_, std::span(block_).subspan(held_));
            if (!got) return std::unexpected(got.error());
            if (*got == 0) break;
            held_ += *got;
        }
        count = std::min(count, held_);
    }
    return std::span<const std::byte>(block_).subspan(static_cast<std::size_t>(offset - begin_), count);
}

}  // namespace auricle::media
