// The tables of an MPEG transport stream that say which packets are what: sections put together from packets,
// PAT and PMT (ISO/IEC 13818-1 section 2.4.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace auricle::media {

/// Puts the sections of one PID together.
class SectionReader {
  public:
    /// The payload of the next packet; `isStart`: its payload_unit_start_indicator. Hands each section that
    /// is whole, current, and whose checksum is right, to `visit(section)`, from table_id to the last byte
    /// before the checksum.
    template <class Visit>
    void push(std::span<const std::byte> payload, bool isStart, Visit visit) {
        if (isStart) {
            auto pointer = payload.empty() ? std::size_t{0} : std::to_integer<std::size_t>(payload.front());
            if (pointer + 1 > payload.size()) return drop();
            append(payload.subspan(1, pointer));
            while (auto section = next()) visit(*section);
            drop();
            hasBegun_ = true;
            payload = payload.subspan(pointer + 1);
        }
        if (!hasBegun_) return;
        append(payload);
        while (auto section = next()) visit(*section);
    }
    /// A packet is missing: the section that has begun is given up.
    void drop();

  private:
    void append(std::span<const std::byte> bytes);
    std::optional<std::span<const std::byte>> next();

    std::vector<std::byte> held_;
    std::size_t done_ = 0;  ///< bytes of held_ that were given out
    bool hasBegun_ = false;
};

struct ElementaryStream {
    std::uint16_t pid = 0;
    std::uint8_t type = 0;           ///< stream_type (table 2-34)
    std::string language{};          ///< ISO 639-2 of its descriptor; empty: none
    std::uint32_t registration = 0;  ///< format_identifier of its registration descriptor; 0: none
    bool isDvbAc3 = false;           ///< has DVB's descriptor for AC-3 (ETSI EN 300 468 annex D)
};

struct ProgramMap {
    std::uint8_t version = 0;
    std::vector<ElementaryStream> streams{};
};

/// The PID of the first program's map in a PAT section; nothing where there is none in it.
std::optional<std::uint16_t> programMapPid(std::span<const std::byte> section);
/// Nothing where it is no PMT.
std::optional<ProgramMap> readProgramMap(std::span<const std::byte> section);

/// The checksum at the end of sections (annex A); 0 over a section with its own.
std::uint32_t psiChecksum(std::span<const std::byte> bytes);

}  // namespace auricle::media
