// Reads numbers out of bytes one after the other. Asked for more than there is, it gives zeros and remembers
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace auricle::media {

class Fields {
  public:
    explicit Fields(std::span<const std::byte> bytes) : rest_(bytes) {}

    /// The next `count` bytes (at most 8) as one number, most significant byte first.
    std::uint64_t big(std::size_t count) {
        std::uint64_t value = 0;
        for (auto byte : take(count)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
        return value;
    }
    /// The same, least significant byte first.
    std::uint64_t little(std::size_t count) {
        std::uint64_t value = 0;
        auto bytes = take(count);
        for (auto i = bytes.size(); i > 0; --i)
            value = value << 8 | std::to_integer<std::uint64_t>(bytes[i - 1]);
        return value;
    }
    std::uint8_t u8() { return static_cast<std::uint8_t>(big(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big(4)); }
    std::uint64_t u64() { return big(8); }
    void skip(std::size_t count) { take(count); }

    std::size_t left() const { return rest_.size(); }  ///< bytes
    /// False once more was asked for than there was: what was read since is zeros.
    bool isWhole() const { return isWhole_; }

  private:
    std::span<const std::byte> take(std::size_t count) {
        if (count > rest_.size()) {
            isWhole_ = false;
            rest_ = {};
            return {};
        }
        auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    std::span<const std::byte> rest_;
    bool isWhole_ = true;
};

}  // namespace auricle::media
