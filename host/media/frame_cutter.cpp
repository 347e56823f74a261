#include "media/frame_cutter.h"

#include <algorithm>

#include "media/fields.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::size_t headerBytes = 8;  // enough for each of them
/// The longest frame there is (ADTS) twice: a beginning is found within it or not at all.
constexpr std::size_t mostSearched = 16 * 1024;

/// A frame in which an encoder of MP3 tells of the file it wrote: no sound, and wrong in another file.
bool isInfoFrame(const AudioFrame& header, std::span<const std::byte> frame) {
    constexpr std::uint32_t xing = 0x58696e67, info = 0x496e666f;
    constexpr std::uint8_t mpegVersion1 = 3, layer3 = 1;
    if (header.layer != layer3) return false;
    auto side = header.version == mpegVersion1 ? (header.isMono ? 17u : 32u) : (header.isMono ? 9u : 17u);
    Fields fields(frame);
    fields.skip(4 + side);
    auto word = fields.u32();
    return word == xing || word == info;
}

bool isSame(const FrameHeader& one, const FrameHeader& other) {
    if (one.index() != other.index()) return false;
    if (const auto* adts = std::get_if<Adts>(&one)) return adts->isOfSameConfiguration(std::get<Adts>(other));
    if (const auto* ac3 = std::get_if<Ac3>(&one)) return ac3->isOfSameConfiguration(std::get<Ac3>(other));
    return std::get<AudioFrame>(one).isOfSameStream(std::get<AudioFrame>(other));
}

}  // namespace

std::uint32_t sampleRateOf(const FrameHeader& header) {
    return std::visit([](const auto& one) { return one.sampleRate; }, header);
}

struct FrameCutter::Found {
    FrameHeader header;
    std::size_t skip = 0, bytes = 0;  ///< of the frame's own header that is left out; of the whole
    std::uint32_t ticks = 0;
};

std::optional<FrameCutter::Found> FrameCutter::frameAt(std::span<const std::byte> bytes) const {
    if (coding_ == Coding::aac) {
        auto adts = adtsAt(bytes);
        if (!adts) return std::nullopt;
        return Found{.header = *adts,
                     .skip = adts->headerBytes,
                     .bytes = adts->bytes,
                     .ticks = aacFrameSamples * adts->blocks};
    }
    if (coding_ == Coding::ac3) {
        auto ac3 = ac3At(bytes);
        if (!ac3) return std::nullopt;
        return Found{.header = *ac3, .bytes = ac3->bytes, .ticks = ac3FrameSamples};
    }
    auto mpeg = audioFrameAt(bytes);
    if (!mpeg || mpeg->kind != AudioFrame::Kind::mpeg) return std::nullopt;
    return Found{.header = *mpeg, .bytes = mpeg->bytes, .ticks = mpeg->samples};
}

/// A header alone may be chance: another one, or the end of what is there, has to stand behind its frame.
/// Nothing where more bytes are needed to tell; the size of `rest` where none begins in it.
std::optional<std::size_t> FrameCutter::firstFrame(std::span<const std::byte> rest) const {
    for (std::size_t at = 0; at + headerBytes <= rest.size(); ++at) {
        auto found = frameAt(rest.subspan(at));
        if (!found) continue;
        auto behind = at + found->bytes;
        if (behind == rest.size()) return at;
        if (behind + headerBytes > rest.size()) return std::nullopt;
        auto next = frameAt(rest.subspan(behind));
        if (next && isSame(found->header, next->header)) return at;
    }
    return rest.size() > mostSearched ? std::optional(rest.size()) : std::nullopt;
}

Result<void> FrameCutter::take(const Found& found, std::span<const std::byte> frame, SampleBatch& into) {
    if (header_ && !isSame(*header_, found.header)) return changedFormat();
    if (const auto* adts = std::get_if<Adts>(&found.header)) {
        if (adts->blocks != 1) return unknownCodec("AAC with several blocks in a frame");
        if (adts->channels == 0) return unknownCodec("AAC with a channel layout of its own");
    }
    if (!header_) header_ = found.header;
    const auto* mpeg = std::get_if<AudioFrame>(&found.header);
    if (!mpeg || !isInfoFrame(*mpeg, frame)) into.add(frame.subspan(found.skip), found.ticks);
    return {};
}

/// Bytes that are done with; 0 where more are needed.
Result<std::size_t> FrameCutter::next(std::span<const std::byte> rest, SampleBatch& into) {
    if (!isInStep_) {
        auto first = firstFrame(rest);
        if (!first) return 0;
        if (*first == rest.size()) return damaged("no frame of sound begins where one should");
        isInStep_ = true;
        if (*first > 0) return *first;
    }
    if (rest.size() < headerBytes) return 0;
    auto found = frameAt(rest);
    if (!found) return damaged("bytes are missing between two frames of sound");
    if (found->bytes > rest.size()) return 0;
    if (auto taken = take(*found, rest.first(found->bytes), into); !taken)
        return std::unexpected(taken.error());
    return found->bytes;
}

Result<void> FrameCutter::push(std::span<const std::byte> bytes, SampleBatch& into) {
    // Most pieces begin with a frame and are looked at where they lie.
    const bool isHeld = !held_.empty();
    if (isHeld) held_.insert(held_.end(), bytes.begin(), bytes.end());
    std::span<const std::byte> rest = isHeld ? std::span<const std::byte>(held_) : bytes;
    while (!rest.empty()) {
        auto done = next(rest, into);
        if (!done) return std::unexpected(done.error());
        if (*done == 0) break;
        rest = rest.subspan(*done);
    }
    if (isHeld) {
        held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    } else {
        held_.assign(rest.begin(), rest.end());
    }
    return {};
}

void FrameCutter::breakOff() {
    held_.clear();
    isInStep_ = false;
}

}  // namespace auricle::media
