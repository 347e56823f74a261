// A small buffer that slides over a ByteSource, so that a parser's many tiny reads become few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/byte_source.h"

namespace auricle::media {

class Window {
  public:
    static constexpr std::size_t defaultBlockBytes = 16 * 1024;

    /// Borrows the source. `blockBytes` is what one read asks for at least, and the most that at() can give.
    explicit Window(const ByteSource& source, std::size_t blockBytes = defaultBlockBytes);

    std::uint64_t size() const { return size_; }  ///< bytes, as they were when the window was made
    const ByteSource& source() const { return source_; }
    /// `count` bytes at `offset` (at most a block), fewer where the source ends. Valid until the next call.
    /// Fails only where the source does.
    Result<std::span<const std::byte>> at(std::uint64_t offset, std::size_t count);

  private:
    const ByteSource& source_;
    std::uint64_t size_;
    std::vector<std::byte> block_;
    std::uint64_t begin_ = 0;
    std::size_t held_ = 0;
};

}  // namespace auricle::media
