#include "media/sample_table.h"

#include <algorithm>
#include <limits>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {

Result<std::uint64_t> entry(Window& window, const Table& table, std::uint64_t index, std::size_t field,
                            std::size_t fieldBytes) {
    auto bit = index * table.entryBits;
    auto bytes =
        window.at(table.offset + bit / 8 + field, fieldBytes ? fieldBytes : (table.entryBits + 7) / 8);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    auto value = fields.big(bytes->size());
    if (table.entryBits == 4) value = bit % 8 == 0 ? value >> 4 : value & 15;
    return value;
}

ChunkWalk::ChunkWalk(const ByteSource& source, const SampleTable& table)
    : table_(table), offsets_(source), runs_(source), sizes_(source) {}

Result<void> ChunkWalk::advanceRun() {
    while (chunk_ >= nextRunAt_ && run_ < table_.runs.count) {
        auto samples = entry(runs_, table_.runs, run_, 4, 4);
        if (!samples) return std::unexpected(samples.error());
        samplesInChunk_ = static_cast<std::uint32_t>(*samples);
        ++run_;
        nextRunAt_ = std::numeric_limits<std::uint64_t>::max();
        if (run_ == table_.runs.count) break;
        auto first = entry(runs_, table_.runs, run_, 0, 4);
        if (!first) return std::unexpected(first.error());
        if (*first == 0) return damaged("its index counts chunks from 0");
        nextRunAt_ = *first - 1;
    }
    return {};
}

Result<std::uint64_t> ChunkWalk::bytesOf(std::uint32_t samples) {
    if (table_.constantSize != 0) return std::uint64_t{samples} * table_.constantSize;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < samples; ++i) {
        auto size = entry(sizes_, table_.sizes, sample_ + i);
        if (!size) return size;
        sum += *size;
    }
    return sum;
}

Result<std::optional<Chunk>> ChunkWalk::next() {
    if (chunk_ >= table_.chunkOffsets.count || sample_ >= table_.sampleCount) return std::nullopt;
    if (auto run = advanceRun(); !run) return std::unexpected(run.error());
    auto offset = entry(offsets_, table_.chunkOffsets, chunk_);
    if (!offset) return std::unexpected(offset.error());
    Chunk chunk{.offset = *offset, .samples = std::min(samplesInChunk_, table_.sampleCount - sample_)};
    auto bytes = bytesOf(chunk.samples);
    if (!bytes) return std::unexpected(bytes.error());
    chunk.bytes = *bytes;
    ++chunk_;
    sample_ += chunk.samples;
    return chunk;
}

}  // namespace auricle::media
