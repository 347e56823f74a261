#include "media/track_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {

TrackReader::TrackReader(const ByteSource& source, const SampleTable& table)
    : table_(table), offsets_(source), runs_(source), sizes_(source), times_(source) {}

Result<void> TrackReader::advanceRun() {
    while (chunk_ >= nextRunAt_ && run_ < table_.runs.count) {
        auto samples = entry(runs_, table_.runs, run_, 4, 4);
        if (!samples) return std::unexpected(samples.error());
        auto description = entry(runs_, table_.runs, run_, 8, 4);
        if (!description) return std::unexpected(description.error());
        auto nextAt = std::numeric_limits<std::uint64_t>::max();
        if (run_ + 1 < table_.runs.count) {
            auto first = entry(runs_, table_.runs, run_ + 1, 0, 4);
            if (!first) return std::unexpected(first.error());
            if (*first == 0) return damaged("its index counts chunks from 0");
            nextAt = *first - 1;
        }
        if (description_ != 0 && description_ != *description)
            return fail(Kind::not_media, "The sound of this file changes its format in the middle.");
        description_ = static_cast<std::uint32_t>(*description);
        samplesInChunk_ = static_cast<std::uint32_t>(*samples);
        nextRunAt_ = nextAt;
        ++run_;
    }
    return {};
}

Result<void> TrackReader::beginChunk() {
    if (auto run = advanceRun(); !run) return run;
    auto offset = entry(offsets_, table_.chunkOffsets, chunk_);
    if (!offset) return std::unexpected(offset.error());
    piece_ = {.offset = *offset};
    leftInChunk_ = std::min(samplesInChunk_, table_.sampleCount - sample_);
    isInChunk_ = true;
    return {};
}

Result<void> TrackReader::readSizesOfChunk(SampleList& samples) {
    if (table_.constantSize != 0) {
        samples.addSizes(table_.constantSize, leftInChunk_);
        piece_.bytes += std::uint64_t{table_.constantSize} * leftInChunk_;
        sample_ += std::exchange(leftInChunk_, 0);
    }
    for (; leftInChunk_ > 0; --leftInChunk_, ++sample_) {
        auto size = entry(sizes_, table_.sizes, sample_);
        if (!size) return std::unexpected(size.error());
        samples.addSizes(static_cast<std::uint32_t>(*size));
        piece_.bytes += *size;
    }
    return {};
}

Result<void> TrackReader::readChunks(SampleList& samples, Pieces& pieces) {
    auto fileBytes = offsets_.size();
    while (chunk_ < table_.chunkOffsets.count && sample_ < table_.sampleCount) {
        if (!isInChunk_) {
            if (auto begun = beginChunk(); !begun) return begun;
        }
        if (auto read = readSizesOfChunk(samples); !read) return read;
        if (piece_.offset > fileBytes || piece_.bytes > fileBytes - piece_.offset)
            return cutOff("its index names bytes that are not in it");
        pieces.add(piece_.offset, piece_.bytes);
        isInChunk_ = false;
        ++chunk_;
    }
    if (sample_ < table_.sampleCount) return damaged("its index does not say where all samples are");
    return {};
}

Result<void> TrackReader::readTimes(SampleList& samples) {
    for (; time_ < table_.times.count && samples.timed() < table_.sampleCount; ++time_) {
        auto bytes = entry(times_, table_.times, time_);
        if (!bytes) return std::unexpected(bytes.error());
        auto count = std::min(*bytes >> 32, table_.sampleCount - samples.timed());
        samples.addTimes(static_cast<std::uint32_t>(*bytes), count);
    }
    if (samples.timed() < table_.sampleCount) return damaged("its index does not say when all samples play");
    return {};
}

Result<void> TrackReader::readShifts(SampleList& samples) {
    for (; shift_ < table_.shifts.count && shifted_ < table_.sampleCount; ++shift_) {
        auto bytes = entry(times_, table_.shifts, shift_);
        if (!bytes) return std::unexpected(bytes.error());
        auto count = std::min(*bytes >> 32, table_.sampleCount - shifted_);
        samples.addShifts(static_cast<std::int32_t>(static_cast<std::uint32_t>(*bytes)), count);
        shifted_ += count;
    }
    samples.addShifts(0, table_.sampleCount - std::exchange(shifted_, table_.sampleCount));
    return {};
}

Result<void> TrackReader::run(SampleList& samples, Pieces& pieces) {
    if (auto read = readChunks(samples, pieces); !read) return read;
    if (auto read = readTimes(samples); !read) return read;
    return readShifts(samples);
}

}  // namespace auricle::media
