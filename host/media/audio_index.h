// The sound of an MP4 as its index has it: format, samples, and where their bytes lie, of progressive and of
// fragmented files (ISO/IEC 14496-12). Reads the index alone, never a sample.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "media/byte_source.h"
#include "media/m4a.h"
#include "media/pieces.h"
#include "media/sample_list.h"
#include "system/error.h"

namespace auricle::media {

/// Held packed: some 8 bytes a sample at the finest interleave.
struct AudioIndex {
    AudioFormat format;
    SampleList samples;
    Pieces pieces;  ///< in the order of the samples; their bytes are those of `samples`
    bool isFragmented = false;
    std::uint64_t durationMs = 0;
};

/// The index of the track that plays: the first that is enabled, or the one in `language` (BCP 47; empty: no
/// wish), where there is one. Fails with drm_protected where anything is encrypted, with not_media where
/// there is no sound, where it is damaged or cut off, and with what the source fails.
Result<AudioIndex> readAudioIndex(const ByteSource& source, std::string_view language);

/// The same for a source that does not have all bytes yet: whatever error the source gives (of another kind
/// than not_media) is passed on, and run() goes on from there when it is called again. Bytes that were read
/// may be dropped from the source: headers are read again, long tables are not.
class AudioIndexReader {
  public:
    /// Borrows the source.
    AudioIndexReader(const ByteSource& source, std::string_view language);
    ~AudioIndexReader();
    AudioIndexReader(const AudioIndexReader&) = delete;
    AudioIndexReader& operator=(const AudioIndexReader&) = delete;

    /// What is being read, and with it what is worth fetching: small boxes here and there, the tables of one
    /// track from their beginning to their end, or fragments one after the other.
    enum class Stage { layout, tables, fragments };
    Stage stage() const;
    /// The index of the samples, moov, once its header was seen; an empty range before.
    Piece moov() const;
    /// Offsets at which fragments begin as far as the file has said it (sidx), in order. The fragments are
    /// read one after the other, whatever this says.
    const std::vector<std::uint64_t>& fragments() const;

    Result<void> run();
    /// What was read. Once, after run() has succeeded.
    AudioIndex take();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace auricle::media
