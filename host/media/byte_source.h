// Where a parser reads from: bytes that can be read at any place. A part file, a buffer, later a range of a
// URL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "system/error.h"

namespace auricle::media {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t size() const = 0;  ///< bytes
    /// Reads at `offset`; gives the number of bytes read, 0 only at the end. Fewer than asked for are no end.
    virtual Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const = 0;
};

/// A local file opened read-only; the descriptor is borrowed and stays open.
class FileSource final : public ByteSource {
  public:
    explicit FileSource(int descriptor) : descriptor_(descriptor) {}
    std::uint64_t size() const override;  ///< asked of the system at each call; 0 where it cannot tell
    Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const override;

  private:
    int descriptor_;
};

/// A buffer that outlives this object.
class MemorySource final : public ByteSource {
  public:
    explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const override;

  private:
    std::span<const std::byte> bytes_;
};

}  // namespace auricle::media
