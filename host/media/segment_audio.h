// The sound of a stream's segments (HLS, DASH), given in order, as bytes to append to a file: one fragmented
// MP4 of our own with nothing but sound in it, or plain MP3 frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/byte_source.h"
#include "system/error.h"

namespace auricle::media {

/// What was noticed on the way and did no harm to the sound.
struct SegmentFaults {
    std::uint64_t lostPackets = 0;  ///< MPEG-TS: gaps in the counters of the sound's packets
    std::uint64_t gaps = 0;         ///< places where the source's own clock jumps without a discontinuity
};

/// Segments are MPEG-TS, fragmented MP4 (CMAF), or packed audio (ADTS or MP3 frames, AC-3), told apart by
/// what they hold; opened (decrypted) before. The written timeline is the sum of the frames' durations: it
/// goes on over discontinuities, and begins at 0. A segment is held in memory, nothing else is.
///
/// Errors: drm_protected for encrypted samples; not_media for what is no sound, is damaged or cut off, has a
/// codec that cannot be taken out, or changes its codec's configuration on the way. After an error only the
/// destructor may be called.
class SegmentAudio {
  public:
    /// `language`: BCP 47; of several audio tracks in a segment the one in this language is taken, else the
    /// first that is enabled.
    explicit SegmentAudio(std::string language = {});
    SegmentAudio(SegmentAudio&&) noexcept;
    SegmentAudio& operator=(SegmentAudio&&) noexcept;
    ~SegmentAudio();

    /// An initialization section (EXT-X-MAP of RFC 8216 section 4.3.2.5, DASH's Initialization), whole:
    /// before the first segment it belongs to, and again whenever it changes. The same codec configuration in
    /// another section is no change of format.
    Result<void> init(std::span<const std::byte> section);

    /// The bytes to append for the next segment, the file's head before the first; may be none. A segment is
    /// given whole. `isDiscontinuous`: EXT-X-DISCONTINUITY or a new DASH period stands before it.
    Result<std::vector<std::byte>> add(std::span<const std::byte> segment, bool isDiscontinuous = false);

    /// False while the beginning of a frame is held back that ends in the next segment: then the place behind
    /// the last segment is none to resume at (no Target::mark).
    bool isComplete() const;

    /// All segments were given. Fails with not_media where there was no sound in them. A frame that is cut
    /// off at the very end is left out.
    Result<void> finish() const;

    /// Goes on behind what an earlier object had put out up to a place where isComplete() held. Comes before
    /// everything else; the init section that is in force is given again after it. An empty target is a
    /// beginning. Fails with not_media where these are not such bytes, whole.
    Result<void> resume(const ByteSource& target);

    std::uint64_t durationMs() const;  ///< of all sound put out so far, with what resume() found
    bool isMp3() const;                ///< the bytes are MP3 frames; else a fragmented MP4
    SegmentFaults faults() const;      ///< since the object was made

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace auricle::media
