#include "media/box.h"

#include <algorithm>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::uint64_t smallHeaderBytes = 8;
constexpr std::uint64_t largeSizeBytes = 8;
constexpr std::uint64_t userTypeBytes = 16;

}  // namespace

BoxWalk::BoxWalk(Window& window, const Box& parent, std::uint64_t skip)
    : window_(window),
      next_(parent.payload + std::min(skip, parent.payloadBytes())),
      end_(parent.end),
      isInside_(true) {}

Result<std::optional<Box>> BoxWalk::next() {
    auto left = end_ - next_;
    if (left == 0) return std::nullopt;
    if (left < smallHeaderBytes) {
        if (isInside_) return std::nullopt;
        return cutOff("it ends inside the header of a box");
    }
    auto bytes = window_.at(next_, smallHeaderBytes + largeSizeBytes);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    std::uint64_t size = fields.u32();
    Box box{.type = fields.u32(), .begin = next_, .payload = next_ + smallHeaderBytes};
    if (size == 1) {
        size = fields.u64();
        box.payload += largeSizeBytes;
    } else if (size == 0) {
        size = left;
    }
    if (box.type == fourCc("uuid")) box.payload += userTypeBytes;
    if (!fields.isWhole() || size > left) {
        if (isInside_) return damaged("a box ends beyond the one that holds it");
        return cutOff("a box ends beyond it");
    }
    if (size < box.payload - box.begin) return damaged("a box is smaller than its own header");
    box.end = next_ + size;
    next_ = box.end;
    return box;
}

Result<std::vector<std::byte>> bytesOf(const ByteSource& source, const Box& box) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(box.end - box.begin));
    for (std::size_t have = 0; have < bytes.size();) {
        auto got = source.readAt(box.begin + have, std::span(bytes).subspan(have));
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return cutOff("its index is not whole");
        have += *got;
    }
    return bytes;
}

}  // namespace auricle::media
