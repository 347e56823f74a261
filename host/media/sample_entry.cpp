#include "media/sample_entry.h"

#include <algorithm>
#include <array>
#include <optional>

#include "media/box_writer.h"
#include "media/fields.h"
#include "media/window.h"

namespace auricle::media {
namespace {

// Tags of descriptors (ISO/IEC 14496-1 section 7.2.2.1).
constexpr std::uint8_t esTag = 3, decoderTag = 4, specificTag = 5, syncTag = 6;
constexpr std::uint8_t aacObject = 0x40, audioStream = 5 << 2 | 1, mp4Sync = 2;

/// What every description of sound begins with. A rate of 2^16 and more does not fit and is left out.
void putSoundFields(BoxWriter& out, std::uint16_t channels, std::uint32_t sampleRate) {
    out.zeros(6);
    out.u16(1);  // its bytes are in this file
    out.zeros(8);
    out.u16(channels);
    out.u16(16);
    out.zeros(4);
    out.u32(sampleRate > 0xffff ? 0 : sampleRate << 16);
}

std::uint16_t channelsOf(std::uint8_t configuration) {
    return configuration == 7 ? 8 : configuration;
}

struct Descriptor {
    std::uint8_t tag = 0;
    std::span<const std::byte> payload{}, behind{};
};

/// The descriptor at the beginning, or nothing; its length has seven bits a byte.
std::optional<Descriptor> descriptorAt(std::span<const std::byte> bytes) {
    Fields fields(bytes);
    Descriptor found{.tag = fields.u8()};
    std::size_t length = 0;
    std::uint8_t part = 0;
    int count = 0;
    do {
        part = fields.u8();
        length = length << 7 | (part & 0x7f);
    } while ((part & 0x80) != 0 && ++count < 4);
    if (!fields.isWhole() || length > fields.left()) return std::nullopt;
    found.payload = bytes.last(fields.left()).first(length);
    found.behind = bytes.last(fields.left() - length);
    return found;
}

/// Bytes of an ES descriptor's own fields (section 7.2.6.5).
std::size_t esFieldBytes(std::span<const std::byte> payload) {
    Fields fields(payload);
    fields.skip(2);
    auto flags = fields.u8();
    std::size_t bytes = 3 + (flags & 0x80 ? 2 : 0);
    if (flags & 0x40) {
        fields.skip(flags & 0x80 ? 2 : 0);
        bytes += 1u + fields.u8();
    }
    return bytes + (flags & 0x20 ? 2 : 0);
}

struct Decoder {
    std::uint8_t objectType = 0;
    std::span<const std::byte> specific{};
};

/// What an esds box (its payload) says of the decoder.
std::optional<Decoder> decoderOf(std::span<const std::byte> esds) {
    constexpr std::size_t decoderFieldBytes = 13;
    if (esds.size() < 4) return std::nullopt;
    auto es = descriptorAt(esds.subspan(4));
    if (!es || es->tag != esTag || esFieldBytes(es->payload) > es->payload.size()) return std::nullopt;
    auto config = descriptorAt(es->payload.subspan(esFieldBytes(es->payload)));
    if (!config || config->tag != decoderTag || config->payload.size() < decoderFieldBytes)
        return std::nullopt;
    Decoder decoder{.objectType = std::to_integer<std::uint8_t>(config->payload.front())};
    auto specific = descriptorAt(config->payload.subspan(decoderFieldBytes));
    if (specific && specific->tag == specificTag) decoder.specific = specific->payload;
    return decoder;
}

struct Entry {
    FourCc format = 0;
    std::span<const std::byte> fields{}, boxes{};
};

/// QuickTime's versions 1 and 2 have more fields.
std::optional<Entry> entryOf(std::span<const std::byte> bytes) {
    constexpr std::size_t common = 8 + 8 + 20;
    if (bytes.size() < common) return std::nullopt;
    Fields fields(bytes);
    fields.skip(4);
    Entry entry{.format = fields.u32()};
    fields.skip(8);
    auto version = fields.u16();
    auto size = common + (version == 1 ? 16 : version == 2 ? 36 : 0);
    if (size > bytes.size()) return std::nullopt;
    entry.fields = bytes.subspan(8, size - 8);
    entry.boxes = bytes.subspan(size);
    return entry;
}

/// Hands each box (type, payload) of a run of boxes to `visit`, as far as they are whole.
template <class Visit>
void eachBox(std::span<const std::byte> bytes, Visit visit) {
    while (bytes.size() >= 8) {
        Fields fields(bytes);
        std::size_t size = fields.u32();
        if (size < 8 || size > bytes.size()) return;
        visit(fields.u32(), bytes.first(size).subspan(8));
        bytes = bytes.subspan(size);
    }
}

/// A descriptor shorter than 128 bytes, whose length has one byte.
void putSpecificConfig(BoxWriter& out, std::span<const std::byte> specific) {
    out.big(1, esTag);
    out.big(1, 3 + 2 + 13 + 2 + specific.size() + 3);
    out.zeros(3);
    out.big(1, decoderTag);
    out.big(1, 13 + 2 + specific.size());
    out.big(1, aacObject);
    out.big(1, audioStream);
    out.zeros(3 + 4 + 4);  // sizes of buffers and bit rates are not known
    out.big(1, specificTag);
    out.big(1, specific.size());
    out.raw(specific);
    out.big(1, syncTag);
    out.big(1, 1);
    out.big(1, mp4Sync);
}

}  // namespace

std::vector<std::byte> sampleEntryOf(const Adts& header) {
    BoxWriter out;
    {
        auto mp4a = out.box(fourCc("mp4a"));
        putSoundFields(out, channelsOf(header.channels), header.sampleRate);
        auto esds = out.fullBox(fourCc("esds"));
        putSpecificConfig(out, audioSpecificConfig(header));
    }
    return out.take();
}

std::vector<std::byte> sampleEntryOf(const Ac3& header) {
    BoxWriter out;
    {
        auto entry = out.box(fourCc("ac-3"));
        putSoundFields(out, header.channels, header.sampleRate);
        auto dac3 = out.box(fourCc("dac3"));
        out.raw(ac3Configuration(header));
    }
    return out.take();
}

std::vector<std::byte> codecConfiguration(std::span<const std::byte> sampleEntry) {
    BoxWriter out;
    auto entry = entryOf(sampleEntry);
    if (!entry) return {};
    out.u32(entry->format);
    eachBox(entry->boxes, [&](FourCc type, std::span<const std::byte> payload) {
        if (type == fourCc("btrt") || type == fourCc("chnl") || type == fourCc("free")) return;
        auto decoder = type == fourCc("esds") ? decoderOf(payload) : std::nullopt;
        out.u32(type);
        if (decoder) out.big(1, decoder->objectType);
        out.raw(decoder ? decoder->specific : payload);
    });
    return out.take();
}

bool isKnownSound(FourCc format) {
    static constexpr std::array known{
        fourCc("mp4a"), fourCc(".mp3"), fourCc("Opus"), fourCc("alac"), fourCc("fLaC"), fourCc("ac-3"),
        fourCc("ec-3"), fourCc("ac-4"), fourCc("dtsc"), fourCc("dtse"), fourCc("dtsh"), fourCc("dtsl"),
        fourCc("mha1"), fourCc("mhm1"), fourCc("samr"), fourCc("sawb"), fourCc("ulaw"), fourCc("alaw"),
        fourCc("ipcm"), fourCc("fpcm"), fourCc("lpcm"), fourCc("sowt"), fourCc("twos"), fourCc("raw "),
        fourCc("in24"), fourCc("in32"), fourCc("fl32"), fourCc("fl64")};
    // QuickTime's "ms" and a number of Windows' (0x55: MP3).
    constexpr FourCc windows = fourCc("ms\0\0");
    return std::ranges::find(known, format) != known.end() || (format & 0xffff0000u) == windows;
}

std::uint8_t objectTypeOf(std::span<const std::byte> sampleEntry) {
    std::uint8_t found = 0;
    auto entry = entryOf(sampleEntry);
    if (!entry || entry->format != fourCc("mp4a")) return found;
    eachBox(entry->boxes, [&](FourCc type, std::span<const std::byte> payload) {
        if (auto decoder = type == fourCc("esds") ? decoderOf(payload) : std::nullopt)
            found = decoder->objectType;
    });
    return found;
}

}  // namespace auricle::media
