#include "media/segment_audio.h"

#include <optional>

#include "media/fragment_writer.h"
#include "media/mpeg_ts.h"
#include "media/packed_audio.h"
#include "media/sample_entry.h"
#include "media/sound_clock.h"
#include "media/verdict.h"

namespace auricle::media {

class SegmentAudio::State final : public SoundSink {
  public:
    explicit State(std::string language) : ts_(std::move(language)) {}

    Result<std::vector<std::byte>> add(std::span<const std::byte> segment, bool isDiscontinuous) {
        if (isDiscontinuous) {
            ts_.breakOff();
            breakOff();
        }
        batch_ = {};
        if (auto taken = read(segment); !taken) return std::unexpected(taken.error());
        return write();
    }

    Result<void> begin(Coding coding, std::optional<std::uint64_t> pts) override {
        if (!cutter_) cutter_.emplace(coding);
        if (cutter_->coding() != coding) return changedFormat();
        if (pts && cutter_->isEmpty() && cutter_->header()) {
            auto rate = sampleRateOf(*cutter_->header());
            if (!clock_.agrees(*pts, cutTicks_, rate)) ++faults_.gaps;
        }
        return {};
    }
    Result<void> bytes(std::span<const std::byte> bytes) override {
        auto before = batch_.samples.size();
        auto pushed = cutter_->push(bytes, batch_);
        for (auto i = before; i < batch_.samples.size(); ++i) cutTicks_ += batch_.samples[i].ticks;
        return pushed;
    }
    void breakOff() override {
        if (cutter_) cutter_->breakOff();
        clock_.reset();
    }

    Result<void> init(std::span<const std::byte> section) {
        if (MpegTs::isOne(section)) return ts_.push(section, *this);
        section_.assign(section.begin(), section.end());
        return {};
    }
    bool isComplete() const { return !cutter_ || cutter_->isEmpty(); }
    Result<void> finish() const { return ticks_ > 0 ? Result<void>{} : notSound("a stream without sound"); }
    std::uint64_t durationMs() const { return ticksToMs(ticks_, rate_); }
    bool isMp3() const { return cutter_ && cutter_->coding() == Coding::mpeg; }
    SegmentFaults faults() const {
        auto all = faults_;
        all.lostPackets = ts_.lostPackets();
        return all;
    }

  private:
    Result<void> read(std::span<const std::byte> segment) {
        if (MpegTs::isOne(segment)) {
            auto pushed = ts_.push(segment, *this);
            return pushed ? ts_.findSound() : pushed;
        }
        auto packed = readPackedAudio(segment);
        if (!packed) return std::unexpected(packed.error());
        if (!*packed) return notSound("a segment in no known format");
        if (auto begun = begin((*packed)->coding, (*packed)->pts); !begun) return begun;
        return bytes((*packed)->frames);
    }

    Result<std::vector<std::byte>> write() {
        std::vector<std::byte> out;
        if (batch_.samples.empty()) return out;
        rate_ = sampleRateOf(*cutter_->header());
        if (cutter_->coding() == Coding::mpeg) {
            ticks_ += batch_.ticks();
            return std::move(batch_.bytes);
        }
        if (!format_) {
            format_ = formatOf(*cutter_->header());
            out = fragmentedHead(*format_);
        }
        auto written = fragment(++sequence_, ticks_, batch_);
        if (!written) return written;
        ticks_ += batch_.ticks();
        out.insert(out.end(), written->begin(), written->end());
        return out;
    }

    static AudioFormat formatOf(const FrameHeader& header) {
        AudioFormat format{.timescale = sampleRateOf(header)};
        if (const auto* adts = std::get_if<Adts>(&header)) {
            format.codec = fourCc("mp4a");
            format.sampleEntry = sampleEntryOf(*adts);
        } else {
            format.codec = fourCc("ac-3");
            format.sampleEntry = sampleEntryOf(std::get<Ac3>(header));
        }
        return format;
    }

    MpegTs ts_;
    std::optional<FrameCutter> cutter_;
    SoundClock clock_;
    SampleBatch batch_;
    std::optional<AudioFormat> format_;
    std::uint64_t cutTicks_ = 0, ticks_ = 0;
    std::uint32_t sequence_ = 0, rate_ = 0;
    std::vector<std::byte> section_;
    SegmentFaults faults_;
};

SegmentAudio::SegmentAudio(std::string language) : state_(std::make_unique<State>(std::move(language))) {}
SegmentAudio::SegmentAudio(SegmentAudio&&) noexcept = default;
SegmentAudio& SegmentAudio::operator=(SegmentAudio&&) noexcept = default;
SegmentAudio::~SegmentAudio() = default;

Result<void> SegmentAudio::init(std::span<const std::byte> section) {
    return state_->init(section);
}
Result<std::vector<std::byte>> SegmentAudio::add(std::span<const std::byte> segment, bool isDiscontinuous) {
    return state_->add(segment, isDiscontinuous);
}
bool SegmentAudio::isComplete() const {
    return state_->isComplete();
}
Result<void> SegmentAudio::finish() const {
    return state_->finish();
}
std::uint64_t SegmentAudio::durationMs() const {
    return state_->durationMs();
}
bool SegmentAudio::isMp3() const {
    return state_->isMp3();
}
SegmentFaults SegmentAudio::faults() const {
    return state_->faults();
}

}  // namespace auricle::media
