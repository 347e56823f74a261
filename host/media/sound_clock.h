// Compares the time that a stream gives its sound with the sound that has come: a jump means a hole in the
// source.
#pragma once

#include <cstdint>
#include <optional>

namespace auricle::media {

class SoundClock {
  public:
    static constexpr std::uint64_t ticksPerSecond = 90'000;

    /// The frame behind `frameTicks` (at `sampleRate`, since the beginning) is said to be at `pts`: 33 bits,
    /// which wrap around. False where that is more than a tenth of a second from where it should be; counts
    /// from there on then.
    bool agrees(std::uint64_t pts, std::uint64_t frameTicks, std::uint32_t sampleRate) {
        constexpr std::uint64_t turn = std::uint64_t{1} << 33, tolerance = ticksPerSecond / 10;
        auto expected = begin_ ? begin_->pts + inClock(frameTicks - begin_->ticks, sampleRate) : pts;
        auto ahead = (pts - expected) & (turn - 1);
        if (begin_ && (ahead <= tolerance || ahead >= turn - tolerance)) return true;
        bool isFirst = !begin_;
        begin_ = Begin{.pts = pts, .ticks = frameTicks};
        return isFirst;
    }
    /// What comes next may be at any time.
    void reset() { begin_.reset(); }

  private:
    struct Begin {
        std::uint64_t pts, ticks;
    };
    static std::uint64_t inClock(std::uint64_t ticks, std::uint32_t rate) {
        return ticks / rate * ticksPerSecond + ticks % rate * ticksPerSecond / rate;
    }

    std::optional<Begin> begin_;
};

}  // namespace auricle::media
