// Writes boxes of the ISO base media file format, whose sizes are known only when they end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/box.h"

namespace auricle::media {

class BoxWriter {
  public:
    /// The `count` low bytes of a number, most significant first.
    void big(std::uint64_t value, int count) {
        for (int i = count - 1; i >= 0; --i) bytes_.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    }
    void u8(std::uint64_t value) { big(value, 1); }
    void u16(std::uint64_t value) { big(value, 2); }
    void u32(std::uint64_t value) { big(value, 4); }
    void u64(std::uint64_t value) { big(value, 8); }
    void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }
    void put(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    /// A box with what `inside()` writes.
    template <class Inside>
    void box(FourCc type, Inside inside) {
        auto begin = bytes_.size();
        u32(0);
        u32(type);
        inside();
        patchU32(begin, bytes_.size() - begin);
    }
    /// A full box (ISO/IEC 14496-12 section 4.2).
    template <class Inside>
    void fullBox(FourCc type, std::uint8_t version, std::uint32_t flags, Inside inside) {
        box(type, [&] {
            u8(version);
            big(flags, 3);
            inside();
        });
    }

    std::size_t size() const { return bytes_.size(); }  ///< bytes written so far
    /// Overwrites four bytes written before.
    void patchU32(std::size_t offset, std::uint64_t value) {
        for (int i = 3; i >= 0; --i) bytes_[offset++] = static_cast<std::byte>(value >> 8 * i & 0xff);
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

}  // namespace auricle::media
