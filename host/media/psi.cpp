#include "media/psi.h"

#include <array>

#include "media/fields.h"

namespace auricle::media {
namespace {

constexpr std::uint8_t patTable = 0, pmtTable = 2, stuffing = 0xff;
constexpr std::size_t headerBytes = 3, checksumBytes = 4;
/// Everything between the length and the checksum of a table with a long header.
constexpr std::size_t longHeaderBytes = 5;
constexpr std::uint8_t registrationTag = 0x05, languageTag = 0x0a, dvbAc3Tag = 0x6a;

constexpr auto checksumTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        auto value = i << 24;
        for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ (value >> 31 ? 0x04c11db7u : 0);
        table[i] = value;
    }
    return table;
}();

bool isCurrent(std::span<const std::byte> section) {
    return section.size() >= headerBytes + longHeaderBytes && (section[5] & std::byte{1}) != std::byte{0};
}

/// Three small letters, as the descriptor has them.
std::string languageOf(std::span<const std::byte> bytes) {
    std::string language;
    for (auto byte : bytes.first(std::min<std::size_t>(3, bytes.size()))) {
        auto letter = std::to_integer<char>(byte);
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
        if (letter < 'a' || letter > 'z') return {};
        language += letter;
    }
    return language;
}

void readDescriptors(std::span<const std::byte> bytes, ElementaryStream& stream) {
    while (bytes.size() >= 2) {
        auto tag = std::to_integer<std::uint8_t>(bytes[0]);
        auto size = std::to_integer<std::size_t>(bytes[1]);
        if (size > bytes.size() - 2) return;
        auto payload = bytes.subspan(2, size);
        if (tag == languageTag) stream.language = languageOf(payload);
        if (tag == registrationTag) stream.registration = Fields(payload).u32();
        if (tag == dvbAc3Tag) stream.isDvbAc3 = true;
        bytes = bytes.subspan(2 + size);
    }
}

}  // namespace

std::uint32_t psiChecksum(std::span<const std::byte> bytes) {
    std::uint32_t sum = 0xffffffff;
    for (auto byte : bytes) sum = sum << 8 ^ checksumTable[sum >> 24 ^ std::to_integer<std::uint32_t>(byte)];
    return sum;
}

void SectionReader::drop() {
    held_.clear();
    done_ = 0;
    hasBegun_ = false;
}

void SectionReader::append(std::span<const std::byte> bytes) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
}

std::optional<std::span<const std::byte>> SectionReader::next() {
    for (;;) {
        auto rest = std::span<const std::byte>(held_).subspan(done_);
        if (rest.size() < headerBytes) return std::nullopt;
        if (rest.front() == std::byte{stuffing}) {
            drop();
            return std::nullopt;
        }
        auto size = headerBytes + (Fields(rest.subspan(1)).u16() & 0xfffu);
        if (size > rest.size()) return std::nullopt;
        done_ += size;
        auto section = rest.first(size);
        if (size > headerBytes + checksumBytes && isCurrent(section) && psiChecksum(section) == 0)
            return section.first(size - checksumBytes);
    }
}

std::optional<std::uint16_t> programMapPid(std::span<const std::byte> section) {
    constexpr std::uint16_t networkInformation = 0;
    Fields fields(section);
    if (fields.u8() != patTable) return std::nullopt;
    fields.skip(headerBytes - 1 + longHeaderBytes);
    while (fields.left() >= 4) {
        auto program = fields.u16();
        auto pid = static_cast<std::uint16_t>(fields.u16() & 0x1fff);
        if (program != networkInformation) return pid;
    }
    return std::nullopt;
}

std::optional<ProgramMap> readProgramMap(std::span<const std::byte> section) {
    Fields fields(section);
    if (fields.u8() != pmtTable) return std::nullopt;
    fields.skip(4);
    ProgramMap map{.version = static_cast<std::uint8_t>(fields.u8() >> 1 & 31)};
    fields.skip(4);
    fields.skip(fields.u16() & 0xfffu);
    while (fields.left() >= 5) {
        ElementaryStream stream{.type = fields.u8()};
        stream.pid = static_cast<std::uint16_t>(fields.u16() & 0x1fff);
        std::size_t size = fields.u16() & 0xfffu;
        if (size > fields.left()) return std::nullopt;
        readDescriptors(section.last(fields.left()).first(size), stream);
        fields.skip(size);
        map.streams.push_back(std::move(stream));
    }
    return fields.isWhole() ? std::optional(std::move(map)) : std::nullopt;
}

}  // namespace auricle::media
