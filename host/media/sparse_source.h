// A resource of which some parts are here: those that were fetched last. What is missing is remembered, so
// that it can be fetched and the reading tried again.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "media/byte_source.h"

namespace auricle::media {

class SparseSource final : public ByteSource {
  public:
    /// `size`: of the whole resource. At most `mostBytes` are held (more only where one part alone is
    /// longer); beyond that the parts that were not read for the longest time are dropped.
    SparseSource(std::uint64_t size, std::uint64_t mostBytes) : size_(size), mostBytes_(mostBytes) {}

    std::uint64_t size() const override { return size_; }
    /// Fails with not_ready where nothing is here at `offset`; missing() then says where.
    Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const override;
    /// Adds a part. What is here of it already stays as it is.
    void put(std::uint64_t offset, std::vector<std::byte> bytes);

    std::uint64_t missing() const { return missing_; }  ///< offset, after a failed readAt()
    std::uint64_t heldBytes() const { return held_; }

  private:
    struct Part {
        std::vector<std::byte> bytes;
        mutable std::uint64_t usedAt;  ///< of the counter of reads
    };
    using Parts = std::map<std::uint64_t, Part>;
    Parts::const_iterator partAt(std::uint64_t offset) const;
    void dropOldest(std::uint64_t but);

    std::uint64_t size_, mostBytes_;
    Parts parts_;  ///< by offset; none overlaps another
    std::uint64_t held_ = 0;
    mutable std::uint64_t missing_ = 0, reads_ = 0;
};

}  // namespace auricle::media
