// One box of the ISO base media file format, and the walk from one to the next (ISO/IEC 14496-12
// section 4.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/window.h"
#include "system/error.h"

namespace auricle::media {

using FourCc = std::uint32_t;
consteval FourCc fourCc(const char (&text)[5]) {
    FourCc value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
    return value;
}

struct Box {
    FourCc type = 0;
    std::uint64_t begin = 0;    ///< offset of its size field
    std::uint64_t payload = 0;  ///< offset behind size, type, large size and user type
    std::uint64_t end = 0;      ///< offset of the first byte behind it

    std::uint64_t payloadBytes() const { return end - payload; }
};

/// The boxes of a file or of a box, one after the other. Every box given lies within those bounds and moves
/// the walk on by at least 8 bytes. A size of 0 reaches to their end.
class BoxWalk {
  public:
    /// The boxes of a whole file.
    explicit BoxWalk(Window& window) : BoxWalk(window, std::uint64_t{0}) {}
    /// The boxes of a file from the one that begins at `offset`.
    BoxWalk(Window& window, std::uint64_t offset)
        : window_(window), next_(std::min(offset, window.size())), end_(window.size()) {}
    /// The boxes inside `parent`. `skip` bytes of its payload come before them (4 for a full box).
    BoxWalk(Window& window, const Box& parent, std::uint64_t skip = 0);

    /// The next box, or nothing at the end. Fails with not_media where a size is impossible or a box ends
    /// beyond them. Fewer than 8 bytes at the end of a parent are no box (QuickTime ends some lists with four
    /// zero bytes); at the end of a file they are one that is cut.
    Result<std::optional<Box>> next();

  private:
    Window& window_;
    std::uint64_t next_, end_;
    bool isInside_ = false;
};

/// All bytes of a box with its header. Fails with not_media where the source has not all of them.
Result<std::vector<std::byte>> bytesOf(const ByteSource& source, const Box& box);

}  // namespace auricle::media
