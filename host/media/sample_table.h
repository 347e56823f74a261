// Where a track's samples lie in the file: the tables of `stbl`, read entry by entry and never held whole
// (ISO/IEC 14496-12 section 8.7).
#pragma once

#include <cstdint>
#include <optional>

#include "media/window.h"
#include "system/error.h"

namespace auricle::media {

/// A list of entries of one size that stands in the file.
struct Table {
    std::uint64_t offset = 0;     ///< of the first entry, bytes
    std::uint32_t count = 0;      ///< entries; all of them lie within their box
    std::uint32_t entryBits = 0;  ///< size of one
};

/// An entry as a number, or `fieldBytes` bytes of it from byte `field` on. Entries of 4 bits stand two in a
/// byte.
Result<std::uint64_t> entry(Window& window, const Table& table, std::uint64_t index, std::size_t field = 0,
                            std::size_t fieldBytes = 0);

struct SampleTable {
    Table chunkOffsets;              ///< stco or co64
    Table runs;                      ///< stsc: first chunk, samples in each chunk, description
    Table sizes;                     ///< stsz or stz2; unused where all samples have `constantSize`
    std::uint32_t constantSize = 0;  ///< bytes; 0: each has its own
    std::uint32_t sampleCount = 0;
    Table times{};   ///< stts: samples, ticks of each
    Table shifts{};  ///< ctts: samples, ticks between decoding and showing; signed
};

struct Chunk {
    std::uint64_t offset = 0;  ///< bytes
    std::uint64_t bytes = 0;
    std::uint32_t samples = 0;
};

/// The chunks of a track in order. The work is bounded by the entries that are in the file.
class ChunkWalk {
  public:
    /// Borrows both.
    ChunkWalk(const ByteSource& source, const SampleTable& table);
    /// The next chunk, or nothing at the end. Fails with not_media where the tables contradict themselves.
    Result<std::optional<Chunk>> next();

  private:
    Result<void> advanceRun();
    Result<std::uint64_t> bytesOf(std::uint32_t samples);

    const SampleTable& table_;
    Window offsets_, runs_, sizes_;
    std::uint32_t chunk_ = 0, sample_ = 0, run_ = 0, samplesInChunk_ = 0;
    std::uint64_t nextRunAt_ = 0;  ///< index of the chunk with which the next run begins
};

}  // namespace auricle::media
