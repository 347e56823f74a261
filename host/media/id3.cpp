#include "media/id3.h"

#include "media/fields.h"

namespace auricle::media {
namespace {

constexpr std::size_t headerBytes = 10;
constexpr std::uint64_t mostPadding = 64 * 1024;

/// The size of the tag at `offset` with header and footer, or 0. Seven bits a byte count.
Result<std::uint64_t> tagBytes(Window& window, std::uint64_t offset) {
    auto bytes = window.at(offset, headerBytes);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    if (fields.big(3) != 0x494433) return 0;
    fields.skip(2);
    bool hasFooter = fields.u8() & 0x10;
    std::uint64_t size = 0;
    for (int i = 0; i < 4; ++i) size = size << 7 | (fields.u8() & 0x7f);
    return fields.isWhole() ? headerBytes + size + (hasFooter ? headerBytes : 0) : 0;
}

Result<std::uint64_t> behindZeros(Window& window, std::uint64_t offset) {
    for (auto end = offset + mostPadding; offset < end; ++offset) {
        auto byte = window.at(offset, 1);
        if (!byte) return std::unexpected(byte.error());
        if (byte->empty() || byte->front() != std::byte{0}) break;
    }
    return offset;
}

}  // namespace

Result<std::uint64_t> behindId3(Window& window, std::uint64_t offset) {
    auto begin = offset;
    while (offset < window.size()) {
        auto size = tagBytes(window, offset);
        if (!size) return size;
        if (*size == 0) break;
        offset += *size;
    }
    return offset == begin ? Result<std::uint64_t>(begin) : behindZeros(window, offset);
}

}  // namespace auricle::media
