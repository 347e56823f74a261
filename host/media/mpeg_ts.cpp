#include "media/mpeg_ts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "media/fields.h"
#include "media/language.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::byte sync{0x47};
constexpr std::uint16_t patPid = 0;

bool isSync(std::span<const std::byte> bytes, std::size_t at) {
    return at >= bytes.size() || bytes[at] == sync;
}

/// The next place from which on packets follow one another; the size of `bytes` where there is none.
std::size_t nextInStep(std::span<const std::byte> bytes, std::size_t at) {
    constexpr std::size_t step = MpegTs::packetBytes;
    for (; at + step <= bytes.size(); ++at)
        if (bytes[at] == sync && isSync(bytes, at + step)) return at;
    return bytes.size();
}

constexpr std::uint32_t registered(const char (&text)[5]) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
    return value;
}

/// Stream types that Apple gives to streams whose samples are encrypted one by one (SAMPLE-AES).
bool isSampleEncrypted(std::uint8_t type) {
    return type == 0xcf || type == 0xdb || type == 0xc1 || type == 0xc2;
}

std::optional<Coding> codingOf(const ElementaryStream& stream) {
    switch (stream.type) {
        case 0x0f:
            return Coding::aac;
        case 0x03:
        case 0x04:
            return Coding::mpeg;
        case 0x81:
            return Coding::ac3;
        case 0x06:
            if (stream.isDvbAc3 || stream.registration == registered("AC-3")) return Coding::ac3;
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

/// A sound that cannot be taken, in words; empty for what is no sound.
std::string_view unknownSound(const ElementaryStream& stream) {
    switch (stream.type) {
        case 0x11:
            return "AAC in LATM";
        case 0x1c:
            return "AAC without frames' headers";
        case 0x2d:
        case 0x2e:
            return "MPEG-H";
        case 0x82:
        case 0x85:
        case 0x86:
        case 0x8a:
            return "DTS";
        case 0x83:
            return "Dolby TrueHD";
        case 0x84:
        case 0x87:
            return "E-AC-3";
        case 0x06:
            return stream.registration == registered("Opus") ? "Opus in a transport stream" : "";
        default:
            return "";
    }
}

}  // namespace

struct MpegTs::Packet {
    bool isDamaged = false, isStart = false, isScrambled = false, isDiscontinuous = false, hasPayload = false;
    std::uint16_t pid = 0;
    std::uint8_t counter = 0;
    std::span<const std::byte> payload;

    /// Section 2.4.3.2; an adaptation field that is too long leaves no payload.
    explicit Packet(std::span<const std::byte> bytes) {
        Fields fields(bytes);
        fields.skip(1);
        auto word = fields.u16();
        auto flags = fields.u8();
        isDamaged = word & 0x8000;
        isStart = word & 0x4000;
        pid = word & 0x1fff;
        isScrambled = flags & 0xc0;
        hasPayload = flags & 0x10;
        counter = flags & 0x0f;
        std::size_t begin = 4;
        if (flags & 0x20) {
            std::size_t adaptation = fields.u8();
            isDiscontinuous = adaptation > 0 && (fields.u8() & 0x80);
            begin += 1 + adaptation;
        }
        if (hasPayload && begin < bytes.size()) payload = bytes.subspan(begin);
    }
};

bool MpegTs::isOne(std::span<const std::byte> bytes) {
    return !bytes.empty() && bytes[0] == sync && isSync(bytes, packetBytes) && isSync(bytes, 2 * packetBytes);
}

Result<void> MpegTs::push(std::span<const std::byte> segment, SoundSink& sink) {
    counter_.reset();  // a server may begin every segment's counters anew
    auto at = nextInStep(segment, 0);
    if (at == segment.size()) return damaged("a segment is no transport stream");
    while (at < segment.size()) {
        if (segment[at] != sync) {
            ++lostPackets_;
            at = nextInStep(segment, at);
            continue;
        }
        if (segment.size() - at < packetBytes) return cutOff("a segment ends inside a packet");
        if (auto read = readPacket(segment.subspan(at, packetBytes), sink); !read) return read;
        at += packetBytes;
    }
    return {};
}

Result<void> MpegTs::findSound() const {
    if (sound_) return {};
    if (!unknown_.empty()) return unknownCodec(unknown_);
    return notSound("a stream without sound");
}

void MpegTs::breakOff() {
    isInPes_ = false;
    pat_.drop();
    pmt_.drop();
}

Result<void> MpegTs::readPacket(std::span<const std::byte> bytes, SoundSink& sink) {
    const Packet packet(bytes);
    if (packet.isDamaged) {
        if (sound_ && packet.pid == sound_->pid) ++lostPackets_;
        return {};
    }
    if (sound_ && packet.pid == sound_->pid) return readSound(packet, sink);
    if (packet.pid == patPid) {
        pat_.push(packet.payload, packet.isStart, [&](std::span<const std::byte> section) {
            auto pid = programMapPid(section);
            if (!pid || pid == pmtPid_) return;
            pmtPid_ = pid;
            pmt_.drop();
        });
        return {};
    }
    if (packet.pid != pmtPid_) return {};
    Result<void> read;
    pmt_.push(packet.payload, packet.isStart, [&](std::span<const std::byte> section) {
        if (auto map = readProgramMap(section); map && read) read = readMap(*map);
    });
    return read;
}

Result<void> MpegTs::readMap(const ProgramMap& map) {
    const ElementaryStream* chosen = nullptr;
    for (const auto& stream : map.streams) {
        if (isSampleEncrypted(stream.type)) return protectedSound();
        auto coding = codingOf(stream);
        if (!coding) {
            if (auto words = unknownSound(stream); !words.empty()) unknown_ = words;
            continue;
        }
        // The one that was begun with goes on as long as it is there.
        if (sound_ && sound_->pid == stream.pid && sound_->coding == *coding) return {};
        bool isWished = !language_.empty() && isSameLanguage(stream.language, language_);
        if (!chosen || (isWished && !isSameLanguage(chosen->language, language_))) chosen = &stream;
    }
    if (!chosen) return {};
    sound_ = Sound{.pid = chosen->pid, .coding = *codingOf(*chosen)};
    isInPes_ = false;
    counter_.reset();
    return {};
}

/// False for a packet that is sent twice (section 2.4.3.3).
bool MpegTs::isNext(const Packet& packet, SoundSink& sink) {
    if (packet.isDiscontinuous) {
        sink.breakOff();
        isInPes_ = false;
        counter_.reset();
    }
    if (!packet.hasPayload) return false;
    auto last = std::exchange(counter_, packet.counter);
    if (!last) return true;
    if (packet.counter == *last) return false;
    if (packet.counter != ((*last + 1) & 15)) ++lostPackets_;
    return true;
}

Result<void> MpegTs::readSound(const Packet& packet, SoundSink& sink) {
    if (packet.isScrambled) return protectedSound();
    if (!isNext(packet, sink)) return {};
    if (packet.isStart) {
        isInPes_ = true;
        isHeaderWhole_ = false;
        pesHeader_.clear();
    }
    if (!isInPes_) return {};
    if (isHeaderWhole_) return pass(packet.payload, sink);
    if (pesHeader_.empty()) return readPes(packet.payload, sink);
    pesHeader_.insert(pesHeader_.end(), packet.payload.begin(), packet.payload.end());
    return readPes(std::vector(pesHeader_), sink);
}

/// The beginning of a PES packet (section 2.4.3.6) with what has come of its payload. It is kept until its
/// header is whole.
Result<void> MpegTs::readPes(std::span<const std::byte> bytes, SoundSink& sink) {
    constexpr std::size_t fixedBytes = 9, lengthFollows = 6;
    constexpr std::uint32_t startCode = 1;
    Fields fields(bytes);
    bool isStarted = fields.big(3) == startCode;
    fields.skip(1);
    std::size_t length = fields.u16();
    auto flags = fields.u16();
    std::size_t headerBytes = fixedBytes + fields.u8();
    if (!fields.isWhole() || headerBytes > bytes.size()) {
        pesHeader_.assign(bytes.begin(), bytes.end());
        return {};
    }
    if (!isStarted || flags >> 14 != 2) return damaged("a packet of its sound has no header");
    if (flags & 0x3000) return protectedSound();
    if (length > 0 && length + lengthFollows < headerBytes)
        return damaged("a packet of its sound is shorter than its header");
    std::optional<std::uint64_t> pts;
    if ((flags & 0x80) && headerBytes >= fixedBytes + 5) {
        auto field = fields.big(5);
        pts = (field >> 33 & 7) << 30 | (field >> 17 & 0x7fff) << 15 | (field >> 1 & 0x7fff);
    }
    isHeaderWhole_ = true;
    pesLeft_ = length > 0 ? std::optional<std::uint64_t>(length + lengthFollows - headerBytes) : std::nullopt;
    if (auto begun = sink.begin(sound_->coding, pts); !begun) return begun;
    return pass(bytes.subspan(headerBytes), sink);
}

Result<void> MpegTs::pass(std::span<const std::byte> bytes, SoundSink& sink) {
    if (pesLeft_) {
        bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(*pesLeft_, bytes.size())));
        *pesLeft_ -= bytes.size();
    }
    return bytes.empty() ? Result<void>{} : sink.bytes(bytes);
}

}  // namespace auricle::media
