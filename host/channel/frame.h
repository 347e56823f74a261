// Native messaging's frames: a 32-bit length in native byte order, then that many bytes (PROTOCOL section 1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "system/error.h"

namespace auricle::channel {

inline constexpr std::size_t maxRequestBytes = 8 * 1024 * 1024;
/// One byte more, and a browser drops the port.
inline constexpr std::size_t maxReplyBytes = 1024 * 1024;

struct Frame {
    std::string_view text;  ///< valid until the next call of the reader; empty where the frame is too long
    std::uint32_t announcedBytes = 0;
    bool isTooLong = false;  ///< reported when its length is read; its bytes are skipped as they come
};

/// Puts frames together from pieces of any size. Holds no more than one frame, and no more memory than twice
/// what has come of it: what a length announces costs nothing.
class FrameReader {
  public:
    explicit FrameReader(std::size_t limitBytes = maxRequestBytes) : limitBytes_(limitBytes) {}

    /// Takes from the front of `piece` what belongs to the frame under way. Gives the frame when that
    /// completes it, or nothing when the whole piece is used up. A frame that lies whole within the piece is
    /// not copied.
    std::optional<Frame> next(std::span<const char>& piece);

    /// True while a frame has begun and is not complete: more of it is on its way.
    bool isWithinFrame() const { return lengthHas_ > 0 && !isGiven_; }
    /// Memory that is held for a frame under way or just given (bytes).
    std::size_t heldBytes() const { return body_.capacity(); }

  private:
    bool readLength(std::span<const char>& piece);
    std::optional<Frame> readBody(std::span<const char>& piece);
    void keep(std::span<const char> bytes);
    void startAnew();

    std::size_t limitBytes_;
    std::array<char, 4> length_{};
    std::size_t lengthHas_ = 0;  ///< bytes of length_ that are there
    std::uint32_t announced_ = 0;
    std::uint32_t toSkip_ = 0;  ///< bytes still to come of a frame that is too long
    bool isGiven_ = false;      ///< body_ holds a frame that the caller has had
    std::vector<char> body_;
};

/// The four bytes that go before a frame of `bytes`. Fails with too_large above maxReplyBytes.
Result<std::array<char, 4>> frameLength(std::size_t bytes);

}  // namespace auricle::channel
