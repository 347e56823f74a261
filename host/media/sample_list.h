// The samples of one track as an index needs them: sizes, durations, composition offsets, each as runs of
// equal values and packed, so that ten hours of packets take a few MiB.
#pragma once

#include <cstdint>
#include <optional>

#include "media/packed_numbers.h"

namespace auricle::media {

struct Run {
    std::int64_t value = 0;
    std::uint64_t count = 0;
};

/// A list of numbers of which neighbours are often equal.
class RunList {
  public:
    void add(std::int64_t value, std::uint64_t count = 1);
    /// Another value for the last number of the list. There is one.
    void changeLast(std::int64_t value);

    std::int64_t last() const { return open_.value; }  ///< of a list that is not empty
    std::uint64_t runs() const { return closedRuns_ + (open_.count ? 1 : 0); }
    std::uint64_t count() const { return count_; }  ///< numbers, not runs

    /// The runs from the beginning. The list outlives it and is not added to meanwhile.
    class Cursor {
      public:
        explicit Cursor(const RunList& list) : packed_(list.closed_), open_(list.open_) {}
        std::optional<Run> next();

      private:
        PackedNumbers::Cursor packed_;
        Run open_;
    };
    Cursor read() const { return Cursor(*this); }

  private:
    void close();

    PackedNumbers closed_;
    Run open_;
    std::uint64_t closedRuns_ = 0, count_ = 0;
};

class SampleList {
  public:
    /// One sample: `bytes` long, `ticks` of the track's timescale until the next is decoded, shown `shift`
    /// ticks after it is decoded.
    void add(std::uint32_t bytes, std::uint32_t ticks, std::int32_t shift = 0) {
        addSizes(bytes);
        addTimes(ticks);
        addShifts(shift);
    }
    /// The same in parts, for indexes that hold them in separate tables. All three have to be added for as
    /// many samples before the list is used; without any shift, shifts may be left out.
    void addSizes(std::uint32_t bytes, std::uint64_t count = 1);
    void addTimes(std::uint32_t ticks, std::uint64_t count = 1);
    void addShifts(std::int32_t shift, std::uint64_t count = 1);
    /// Moves what follows the last sample by `ticks` (a hole between two fragments, or an overlap). The last
    /// sample becomes no shorter than 0 and no longer than 2^32-1 ticks.
    void moveEnd(std::int64_t ticks);

    std::uint64_t count() const { return sizes_.count(); }
    std::uint64_t timed() const { return times_.count(); }  ///< samples whose duration is known
    std::uint64_t bytes() const { return bytes_; }          ///< of all samples
    std::uint64_t ticks() const { return ticks_; }          ///< of all samples
    /// Bytes of each sample where all are of one size above 0.
    std::optional<std::uint32_t> commonSize() const;
    bool isShifted() const { return isShifted_; }  ///< some composition offset is not 0
    const RunList& sizes() const { return sizes_; }
    const RunList& times() const { return times_; }
    const RunList& shifts() const { return shifts_; }

  private:
    RunList sizes_, times_, shifts_;
    std::uint64_t bytes_ = 0, ticks_ = 0;
    bool isShifted_ = false;
};

}  // namespace auricle::media
