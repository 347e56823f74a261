#include "media/segment_audio.h"

#include <optional>
#include <utility>

#include "media/audio_index.h"
#include "media/fragment_writer.h"
#include "media/mpeg_ts.h"
#include "media/packed_audio.h"
#include "media/sample_entry.h"
#include "media/segment_mp4.h"
#include "media/signature.h"
#include "media/sound_clock.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

AudioFormat formatOf(const FrameHeader& header) {
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

/// Samples that are MP3 frames by themselves.
bool holdsMp3(const AudioFormat& format) {
    constexpr std::uint8_t mpeg2Audio = 0x69, mpeg1Audio = 0x6b;
    auto type = objectTypeOf(format.sampleEntry);
    return type == mpeg2Audio || type == mpeg1Audio || format.codec == fourCc(".mp3");
}

/// Our time begins with the first sample: of the edits there stays how much of it is not played (priming).
/// A wait before it belongs to the picture's time.
std::vector<Edit> primingOf(const AudioFormat& format, std::uint64_t begin) {
    if (format.edits.empty() || begin > INT64_MAX) return {};
    auto skipped = format.edits.back().mediaTime - static_cast<std::int64_t>(begin);
    if (skipped <= 0) return {};
    return {{.duration = 0, .mediaTime = skipped}};
}

/// Counts ticks of one clock in another without losing any to rounding on the way.
class Rescale {
  public:
    void apply(SampleBatch& batch, std::uint32_t from, std::uint32_t to) {
        if (from == to) return;
        for (auto& sample : batch.samples) {
            ticks_ += sample.ticks;
            auto end = ticks_ / from * to + ticks_ % from * to / from;
            sample.ticks = static_cast<std::uint32_t>(end - end_);
            end_ = end;
        }
    }

  private:
    std::uint64_t ticks_ = 0, end_ = 0;
};

Result<std::uint32_t> countFragments(const ByteSource& source) {
    Window window(source);
    BoxWalk walk(window);
    for (std::uint32_t count = 0;;) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return count;
        if ((*box)->type == fourCc("moof")) ++count;
    }
}

}  // namespace

class SegmentAudio::State final : public SoundSink {
  public:
    explicit State(std::string language) : language_(language), ts_(std::move(language)) {}

    Result<void> init(std::span<const std::byte> section);
    Result<std::vector<std::byte>> add(std::span<const std::byte> segment, bool isDiscontinuous);
    Result<void> resume(const ByteSource& target);
    bool isComplete() const { return !cutter_ || cutter_->isEmpty(); }
    std::uint64_t ticks() const { return ticks_; }
    std::uint64_t durationMs() const { return ticksToMs(ticks_, rate()); }
    bool isMp3() const { return cutter_ && cutter_->coding() == Coding::mpeg; }
    SegmentFaults faults() const { return {.lostPackets = ts_.lostPackets(), .gaps = gaps_}; }

    Result<void> begin(Coding coding, std::optional<std::uint64_t> pts) override;
    Result<void> bytes(std::span<const std::byte> bytes) override;
    void breakOff() override;

  private:
    Result<void> openMp4(std::span<const std::byte> section);
    Result<void> read(std::span<const std::byte> segment);
    Result<void> readMp4(std::span<const std::byte> segment);
    Result<void> readFrames(std::span<const std::byte> segment);
    Result<void> adopt(AudioFormat format);
    Result<std::vector<std::byte>> write();
    Result<void> resumeMp4(const ByteSource& target);
    Result<void> resumeMp3(const ByteSource& target);
    /// Ticks a second of what is put out; 0 before the first.
    std::uint32_t rate() const {
        if (format_) return format_->timescale;
        return cutter_ && cutter_->header() ? sampleRateOf(*cutter_->header()) : 0;
    }

    std::string language_;
    // Where sound comes from: either of these.
    MpegTs ts_;
    std::optional<SegmentMp4> mp4_;
    std::optional<FrameCutter> cutter_;  ///< for all that comes as frames
    SoundClock clock_;
    std::uint64_t readTicks_ = 0;  ///< of all sound read, for the clock
    Rescale rescale_;

    SampleBatch batch_;                  ///< of the segment under way
    std::optional<AudioFormat> format_;  ///< of the file; none for MP3
    bool isHeadDue_ = false;
    std::uint64_t ticks_ = 0;  ///< put out
    std::uint32_t fragments_ = 0;
    std::uint64_t gaps_ = 0;
};

Result<void> SegmentAudio::State::init(std::span<const std::byte> section) {
    return MpegTs::isOne(section) ? ts_.push(section, *this) : openMp4(section);
}

Result<void> SegmentAudio::State::openMp4(std::span<const std::byte> section) {
    auto opened = SegmentMp4::open(section, language_);
    if (!opened) return std::unexpected(opened.error());
    mp4_ = std::move(*opened);
    rescale_ = {};
    clock_.reset();
    return {};
}

Result<std::vector<std::byte>> SegmentAudio::State::add(std::span<const std::byte> segment,
                                                        bool isDiscontinuous) {
    if (isDiscontinuous) {
        ts_.breakOff();
        breakOff();
    }
    batch_ = {};
    if (auto taken = read(segment); !taken) return std::unexpected(taken.error());
    return write();
}

Result<void> SegmentAudio::State::read(std::span<const std::byte> segment) {
    // Before the other: a packet may look like a box, but no box of a segment is so large as to look like
    // one.
    if (MpegTs::isOne(segment)) return readFrames(segment);
    return SegmentMp4::isOne(segment) ? readMp4(segment) : readFrames(segment);
}

Result<void> SegmentAudio::State::readMp4(std::span<const std::byte> segment) {
    if (!mp4_ || SegmentMp4::hasInit(segment)) {
        if (auto opened = openMp4(segment); !opened) return opened;
    }
    SampleBatch found;
    auto begun = mp4_->read(segment, found);
    if (!begun) return std::unexpected(begun.error());
    if (!*begun) return {};
    auto from = mp4_->format().timescale;
    auto time =
        **begun / from * SoundClock::ticksPerSecond + **begun % from * SoundClock::ticksPerSecond / from;
    if (holdsMp3(mp4_->format())) {
        auto ready = begin(Coding::mpeg, time);
        return ready ? bytes(found.bytes) : ready;
    }
    auto format = mp4_->format();
    format.edits = primingOf(format, **begun);
    if (auto adopted = adopt(std::move(format)); !adopted) return adopted;
    rescale_.apply(found, from, format_->timescale);
    if (!clock_.agrees(time, readTicks_, format_->timescale)) ++gaps_;
    readTicks_ += found.ticks();
    batch_ = std::move(found);
    return {};
}

Result<void> SegmentAudio::State::readFrames(std::span<const std::byte> segment) {
    Result<void> taken;
    if (MpegTs::isOne(segment)) {
        taken = ts_.push(segment, *this);
        if (taken) taken = ts_.findSound();
    } else {
        auto packed = readPackedAudio(segment);
        if (!packed) return std::unexpected(packed.error());
        if (!*packed) return notSound(wordsFor(signatureOf(segment, true)));
        taken = begin((*packed)->coding, (*packed)->pts);
        if (taken) taken = bytes((*packed)->frames);
    }
    if (!taken || !cutter_ || !cutter_->header() || isMp3()) return taken;
    return adopt(formatOf(*cutter_->header()));
}

Result<void> SegmentAudio::State::begin(Coding coding, std::optional<std::uint64_t> pts) {
    if (!cutter_) cutter_.emplace(coding);
    // What was begun as an MP4 does not go on as MP3, nor the other way round.
    if (cutter_->coding() != coding || (coding == Coding::mpeg && format_)) return changedFormat();
    if (!pts || !cutter_->isEmpty() || !cutter_->header()) return {};
    if (!clock_.agrees(*pts, readTicks_, sampleRateOf(*cutter_->header()))) ++gaps_;
    return {};
}

Result<void> SegmentAudio::State::bytes(std::span<const std::byte> bytes) {
    auto before = batch_.samples.size();
    auto pushed = cutter_->push(bytes, batch_);
    for (auto i = before; i < batch_.samples.size(); ++i) readTicks_ += batch_.samples[i].ticks;
    return pushed;
}

void SegmentAudio::State::breakOff() {
    if (cutter_) cutter_->breakOff();
    clock_.reset();
}

Result<void> SegmentAudio::State::adopt(AudioFormat format) {
    if (isMp3()) return changedFormat();
    if (!format_) {
        format_ = std::move(format);
        isHeadDue_ = true;
        return {};
    }
    bool isSame = codecConfiguration(format.sampleEntry) == codecConfiguration(format_->sampleEntry);
    return isSame ? Result<void>{} : changedFormat();
}

Result<std::vector<std::byte>> SegmentAudio::State::write() {
    std::vector<std::byte> out;
    if (batch_.samples.empty()) return out;
    if (isMp3()) {
        ticks_ += batch_.ticks();
        return std::move(batch_.bytes);
    }
    if (std::exchange(isHeadDue_, false)) out = fragmentedHead(*format_);
    auto written = fragment(++fragments_, ticks_, batch_);
    if (!written) return written;
    ticks_ += batch_.ticks();
    if (out.empty()) return written;
    out.insert(out.end(), written->begin(), written->end());
    return out;
}

Result<void> SegmentAudio::State::resume(const ByteSource& target) {
    if (target.size() == 0) return {};
    std::array<std::byte, 8> head{};
    auto got = target.readAt(0, head);
    if (!got) return std::unexpected(got.error());
    return SegmentMp4::isOne(std::span(head).first(*got)) ? resumeMp4(target) : resumeMp3(target);
}

Result<void> SegmentAudio::State::resumeMp4(const ByteSource& target) {
    auto index = readAudioIndex(target, {});
    if (!index) return std::unexpected(index.error());
    auto count = countFragments(target);
    if (!count) return std::unexpected(count.error());
    format_ = std::move(index->format);
    ticks_ = index->samples.ticks();
    fragments_ = *count;
    return {};
}

Result<void> SegmentAudio::State::resumeMp3(const ByteSource& target) {
    constexpr std::size_t pieceBytes = 64 * 1024;
    cutter_.emplace(Coding::mpeg);
    Window window(target, pieceBytes);
    for (std::uint64_t at = 0; at < window.size(); at += pieceBytes) {
        auto piece = window.at(at, pieceBytes);
        if (!piece) return std::unexpected(piece.error());
        SampleBatch found;
        if (auto pushed = cutter_->push(*piece, found); !pushed) return pushed;
        ticks_ += found.ticks();
    }
    if (!isComplete() || !cutter_->header()) return cutOff("what was fetched before ends inside a frame");
    return {};
}

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
    return state_->ticks() > 0 ? Result<void>{} : notSound("a stream without sound");
}
Result<void> SegmentAudio::resume(const ByteSource& target) {
    return state_->resume(target);
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
