#include "media/sidx.h"

#include "media/box.h"
#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::size_t entryBytes = 12;
constexpr std::uint32_t isIndexBit = 0x8000'0000;

Result<std::vector<IndexedPart>> readParts(std::span<const std::byte> box, std::uint64_t behindBox) {
    Fields fields(box);
    bool isLong = fields.u8() > 0;
    fields.skip(3 + 4);
    std::uint64_t timescale = fields.u32();
    fields.skip(isLong ? 8 : 4);
    std::uint64_t next = isLong ? fields.u64() : fields.u32();
    fields.skip(2);
    std::size_t count = fields.u16();
    if (!fields.isWhole() || fields.left() < count * entryBytes || timescale == 0 ||
        next > UINT64_MAX - behindBox)
        return damaged("its index ends in the middle");
    next += behindBox;
    std::vector<IndexedPart> parts;
    parts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto size = fields.u32();
        std::uint64_t ticks = fields.u32();
        fields.skip(4);
        if (size & isIndexBit) return damaged("its index leads to another index");
        if (size == 0 || next > UINT64_MAX - size) return damaged("its index names a part that is none");
        parts.push_back(
            {.range = {.offset = next, .length = size}, .durationUs = ticks * 1'000'000 / timescale});
        next += size;
    }
    if (parts.empty()) return damaged("its index is empty");
    return parts;
}

}  // namespace

Result<std::vector<IndexedPart>> readSidx(std::span<const std::byte> bytes, std::uint64_t offset) {
    MemorySource source(bytes);
    Window window(source);
    BoxWalk walk(window);
    for (;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(std::move(box.error()));
        if (!*box) return damaged("there is no index where one should be");
        if ((*box)->type != fourCc("sidx")) continue;
        if ((*box)->end > UINT64_MAX - offset) return damaged("its index lies nowhere");
        auto payload = bytes.subspan(static_cast<std::size_t>((*box)->payload),
                                     static_cast<std::size_t>((*box)->payloadBytes()));
        return readParts(payload, offset + (*box)->end);
    }
}

}  // namespace auricle::media
