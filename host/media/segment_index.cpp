#include "media/segment_index.h"

#include <algorithm>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

/// The highest bit tells a further sidx from a segment.
constexpr std::uint32_t refersToIndex = 0x80000000;

Result<Fields> fieldsAt(Window& window, std::uint64_t offset, std::uint64_t end, std::size_t count) {
    auto bytes = window.at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(count, end - offset)));
    if (!bytes) return std::unexpected(bytes.error());
    return Fields(*bytes);
}

/// Offsets of the segments that one `tfra` names.
Result<void> readTrackIndex(Window& window, const Box& tfra, std::vector<std::uint64_t>& begins) {
    auto head = fieldsAt(window, tfra.payload, tfra.end, 16);
    if (!head) return std::unexpected(head.error());
    std::size_t wide = head->u8() == 1 ? 8 : 4;
    head->skip(7);
    auto lengths = head->u32();
    std::uint64_t count = head->u32();
    auto numberBytes = (lengths >> 4 & 3) + (lengths >> 2 & 3) + (lengths & 3) + 3;
    auto entryBytes = wide * 2 + numberBytes;
    auto listed = tfra.payload + 16;
    if (!head->isWhole() || listed + count * entryBytes > tfra.end)
        return damaged("its index of fragments is too short");
    for (std::uint64_t i = 0; i < count; ++i) {
        auto entry = fieldsAt(window, listed + i * entryBytes + wide, tfra.end, wide);
        if (!entry) return std::unexpected(entry.error());
        begins.push_back(entry->big(wide));
    }
    return {};
}

}  // namespace

Result<void> readSegmentIndex(Window& window, const Box& sidx, std::vector<std::uint64_t>& begins) {
    auto head = fieldsAt(window, sidx.payload, sidx.end, 32);
    if (!head) return std::unexpected(head.error());
    bool isLong = head->u8() == 1;
    head->skip(3 + 8 + (isLong ? 8 : 4));
    auto next = sidx.end + head->big(isLong ? 8 : 4);
    head->skip(2);
    std::uint64_t count = head->u16();
    auto listed = sidx.payload + (isLong ? 32 : 24);
    if (!head->isWhole() || listed + count * 12 > sidx.end) return damaged("its segment index is too short");
    for (std::uint64_t i = 0; i < count; ++i) {
        auto entry = fieldsAt(window, listed + i * 12, sidx.end, 4);
        if (!entry) return std::unexpected(entry.error());
        auto reference = entry->u32();
        begins.push_back(next);
        next += reference & ~refersToIndex;
    }
    return {};
}

Result<std::optional<Box>> findFragmentIndex(Window& window) {
    constexpr std::uint64_t mfroBytes = 16;
    auto size = window.size();
    if (size < mfroBytes) return std::nullopt;
    auto fields = fieldsAt(window, size - mfroBytes, size, mfroBytes);
    if (!fields) return std::unexpected(fields.error());
    bool isMfro = fields->u32() == mfroBytes && fields->u32() == fourCc("mfro");
    fields->skip(4);
    std::uint64_t mfraBytes = fields->u32();
    if (!isMfro || mfraBytes < mfroBytes + 8 || mfraBytes > size) return std::nullopt;
    auto begin = size - mfraBytes;
    auto head = fieldsAt(window, begin, size, 8);
    if (!head) return std::unexpected(head.error());
    if (head->u32() != mfraBytes || head->u32() != fourCc("mfra")) return std::nullopt;
    return Box{.type = fourCc("mfra"), .begin = begin, .payload = begin + 8, .end = size};
}

Result<void> readFragmentIndex(Window& window, const Box& mfra, std::vector<std::uint64_t>& begins) {
    BoxWalk walk(window, mfra);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return {};
        if ((*box)->type != fourCc("tfra")) continue;
        if (auto read = readTrackIndex(window, **box, begins); !read) return read;
    }
}

}  // namespace auricle::media
