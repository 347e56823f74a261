// A long list of numbers, each in as few bytes as it needs (LEB128): written at its end, read from its
// beginning.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace auricle::media {

class PackedNumbers {
  public:
    void add(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
        bytes_.push_back(static_cast<std::uint8_t>(value));
    }

    /// Reads from the beginning. The list outlives it and is not added to meanwhile.
    class Cursor {
      public:
        explicit Cursor(const PackedNumbers& list) : at_(list.bytes_.begin()), end_(list.bytes_.end()) {}

        std::optional<std::uint64_t> next() {
            if (at_ == end_) return std::nullopt;
            std::uint64_t value = 0;
            for (int shift = 0;; shift += 7) {
                auto byte = *at_++;
                value |= std::uint64_t{byte & 0x7fu} << shift;
                if (byte < 0x80) return value;
            }
        }

      private:
        std::deque<std::uint8_t>::const_iterator at_, end_;
    };

  private:
    // A deque grows without copying what it holds: no peak of twice its size.
    std::deque<std::uint8_t> bytes_;
};

/// Signed numbers as unsigned ones, small where they are near 0.
constexpr std::uint64_t foldSign(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unfoldSign(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace auricle::media
