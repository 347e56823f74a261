#include "media/defragment.h"

#include <algorithm>

#include "media/audio_index.h"
#include "media/frame_cutter.h"
#include "media/id3.h"
#include "media/sample_entry.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

constexpr std::size_t pieceBytes = 256 * 1024;

/// Counts what goes out.
class Output {
  public:
    explicit Output(const WriteBytes& write) : write_(write) {}
    Result<void> put(std::span<const std::byte> bytes) {
        bytes_ += bytes.size();
        return write_(bytes);
    }
    std::uint64_t bytes() const { return bytes_; }

  private:
    const WriteBytes& write_;
    std::uint64_t bytes_ = 0;
};

Result<void> copy(Window& window, const Piece& piece, Output& out) {
    for (std::uint64_t done = 0; done < piece.bytes;) {
        auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.bytes - done, pieceBytes));
        auto bytes = window.at(piece.offset + done, count);
        if (!bytes) return std::unexpected(bytes.error());
        if (bytes->size() != count) return cutOff("bytes that its index names are missing");
        if (auto put = out.put(*bytes); !put) return put;
        done += count;
    }
    return {};
}

/// What was written against what the head has promised.
Result<PlainFile> finished(const Output& out, std::uint64_t headBytes, const SampleList& samples,
                           std::uint32_t timescale) {
    if (out.bytes() != headBytes + samples.bytes())
        return fail(Kind::internal, "The sound file that was written is not as long as its index says.");
    return PlainFile{.bytes = out.bytes(), .durationMs = ticksToMs(samples.ticks(), timescale)};
}

/// Hands the frames of a file to `take(batch)`, some at a time; gives what the first begins with.
template <class Take>
Result<FrameHeader> eachFrames(const ByteSource& source, Take take) {
    Window window(source, pieceBytes);
    auto begin = behindId3(window, 0);
    if (!begin) return std::unexpected(begin.error());
    FrameCutter cutter(Coding::aac);
    for (auto at = *begin; at < window.size(); at += pieceBytes) {
        auto piece = window.at(at, pieceBytes);
        if (!piece) return std::unexpected(piece.error());
        SampleBatch batch;
        if (auto cut = cutter.push(*piece, batch); !cut) return std::unexpected(cut.error());
        if (Result<void> taken = take(batch); !taken) return std::unexpected(taken.error());
    }
    if (!cutter.header()) return damaged("there are no frames of sound in it");
    return *cutter.header();
}

}  // namespace

Result<PlainFile> writePlainM4a(const ByteSource& source, const Tags& tags, const WriteBytes& write) {
    auto index = readAudioIndex(source, {});
    if (!index) return std::unexpected(index.error());
    Output out(write);
    auto head = m4aHead(index->format, index->samples, tags);
    if (auto put = out.put(head); !put) return std::unexpected(put.error());
    Window window(source, pieceBytes);
    auto pieces = index->pieces.read();
    while (auto piece = pieces.next()) {
        if (auto copied = copy(window, *piece, out); !copied) return std::unexpected(copied.error());
    }
    return finished(out, head.size(), index->samples, index->format.timescale);
}

Result<PlainFile> writeM4aOfAdts(const ByteSource& source, const Tags& tags, const WriteBytes& write) {
    SampleList samples;
    auto header = eachFrames(source, [&](const SampleBatch& batch) -> Result<void> {
        for (const auto& sample : batch.samples) samples.add(sample.bytes, sample.ticks);
        return {};
    });
    if (!header) return std::unexpected(header.error());
    const auto& adts = std::get<Adts>(*header);
    const AudioFormat format{
        .codec = fourCc("mp4a"), .sampleEntry = sampleEntryOf(adts), .timescale = adts.sampleRate};
    Output out(write);
    auto head = m4aHead(format, samples, tags);
    if (auto put = out.put(head); !put) return std::unexpected(put.error());
    auto copied = eachFrames(source, [&](const SampleBatch& batch) { return out.put(batch.bytes); });
    if (!copied) return std::unexpected(copied.error());
    return finished(out, head.size(), samples, format.timescale);
}

}  // namespace auricle::media
