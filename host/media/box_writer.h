// Writes boxes of the ISO base media file format into a buffer (ISO/IEC 14496-12 section 4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "media/box.h"

namespace auricle::media {

class BoxWriter {
  public:
    /// Gets what is known beforehand of the size, so that a large index is not copied while it grows.
    explicit BoxWriter(std::size_t expectedBytes = 0) { bytes_.reserve(expectedBytes); }

    /// A box is open as long as this lives; its size is written at the end of it. Boxes close in the reverse
    /// order of their opening and are smaller than 4 GiB.
    class [[nodiscard]] Open {
      public:
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;
        ~Open() { writer_.close(begin_); }

      private:
        friend BoxWriter;
        Open(BoxWriter& writer, std::size_t begin) : writer_(writer), begin_(begin) {}
        BoxWriter& writer_;
        std::size_t begin_;
    };

    Open box(FourCc type) {
        auto begin = bytes_.size();
        big(4, 0);
        big(4, type);
        return Open(*this, begin);
    }
    /// A box with a version and flags.
    Open fullBox(FourCc type, std::uint8_t version = 0, std::uint32_t flags = 0) {
        auto begin = bytes_.size();
        big(4, 0);
        big(4, type);
        big(4, std::uint32_t{version} << 24 | flags);
        return Open(*this, begin);
    }

    /// The low `count` bytes of `value`, most significant first.
    void big(std::size_t count, std::uint64_t value) {
        for (auto shift = count * 8; shift > 0; shift -= 8)
            bytes_.push_back(static_cast<std::byte>(value >> (shift - 8)));
    }
    void u16(std::uint64_t value) { big(2, value); }
    void u32(std::uint64_t value) { big(4, value); }
    void u64(std::uint64_t value) { big(8, value); }
    void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }
    void text(std::string_view text) {
        for (char character : text) bytes_.push_back(static_cast<std::byte>(character));
    }
    void raw(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    /// Writes over 4 or 8 bytes that are there already.
    void overwrite(std::size_t offset, std::size_t count, std::uint64_t value) {
        for (auto i = count; i > 0; --i, value >>= 8) bytes_[offset + i - 1] = static_cast<std::byte>(value);
    }

    std::size_t size() const { return bytes_.size(); }
    std::vector<std::byte> take() { return std::move(bytes_); }

  private:
    void close(std::size_t begin) { overwrite(begin, 4, bytes_.size() - begin); }

    std::vector<std::byte> bytes_;
};

}  // namespace auricle::media
