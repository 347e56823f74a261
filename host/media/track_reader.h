// The sample tables of one track (`stbl`) as samples and pieces, read entry by entry: it can stop at any
// entry that is not there yet and go on later (ISO/IEC 14496-12 sections 8.6.1 and 8.7).
#pragma once

#include <cstdint>

#include "media/pieces.h"
#include "media/sample_list.h"
#include "media/sample_table.h"
#include "media/window.h"
#include "system/error.h"

namespace auricle::media {

class TrackReader {
  public:
    TrackReader(const ByteSource& source, const SampleTable& table);

    /// Adds to both until the tables are at their end. An error of the source leaves it where it was. Fails
    /// with not_media where the tables contradict themselves or name bytes beyond the file.
    Result<void> run(SampleList& samples, Pieces& pieces);
    /// Index of the sample entry that all samples share, from 1. After run() has succeeded.
    std::uint32_t description() const { return description_; }

  private:
    Result<void> readChunks(SampleList& samples, Pieces& pieces);
    Result<void> beginChunk();
    Result<void> readSizesOfChunk(SampleList& samples);
    Result<void> advanceRun();
    Result<void> readTimes(SampleList& samples);
    Result<void> readShifts(SampleList& samples);

    SampleTable table_;
    Window offsets_, runs_, sizes_, times_;
    // Where it stands: a run of chunks, a chunk in it, a sample in that, an entry of stts and ctts.
    std::uint32_t run_ = 0, chunk_ = 0, sample_ = 0;
    std::uint32_t samplesInChunk_ = 0, description_ = 0;
    std::uint64_t nextRunAt_ = 0;  ///< index of the chunk with which the next run begins
    bool isInChunk_ = false;
    Piece piece_;                    ///< the chunk as far as it was read
    std::uint32_t leftInChunk_ = 0;  ///< samples
    std::uint32_t time_ = 0, shift_ = 0;
    std::uint64_t shifted_ = 0;  ///< samples whose shift was read
};

}  // namespace auricle::media
