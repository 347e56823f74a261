// Transport streams made by hand: tables, PES packets and ADTS frames, each as wrong as a test wants them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/psi.h"

namespace auricle::test::transport {

constexpr int patPid = 0, mapPid = 0x100, soundPid = 0x101;

inline std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> 8 * i & 0xff);
    return out;
}

/// ADTS frames of AAC-LC, stereo, at the rate of that index (3: 48 kHz, 4: 44.1 kHz), each another length.
inline std::string frames(int count, std::uint64_t rateIndex = 3) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        auto size = static_cast<std::uint64_t>(60 + i * 13 % 70);
        auto header = std::uint64_t{0xfff1} << 40 | std::uint64_t{1} << 38 | rateIndex << 34 |
                      std::uint64_t{2} << 30 | size << 13 | std::uint64_t{0x7ff} << 2;
        out += number(header, 7) + std::string(size - 7, static_cast<char>(i + 1));
    }
    return out;
}

inline std::string language(std::string_view code) {
    return std::string("\x0a\x04").append(code) + '\0';
}

struct Stream {
    int type = 0x0f, pid = soundPid;
    std::string descriptors{};
};
struct Map {
    int version = 0;
    bool isCurrent = true;
    int pid = mapPid;
};
struct Pes {
    bool hasLength = true;
    std::string behind{};            ///< bytes that its length leaves out
    std::size_t headerStuffing = 0;  ///< bytes
    int pid = soundPid;
    int flags = 0x80;  ///< the byte with the scrambling bits
    bool isDiscontinuous = false;
};

/// Counts the packets of each PID.
class Muxer {
  public:
    std::string tables(const std::vector<Stream>& streams = {{}}) {
        return section(patPid, pat()) + map(streams);
    }

    /// A PAT section that names one program.
    static std::string pat(int index = 0, int last = 0, int pid = mapPid) {
        return closed(0, number(1, 2), 0, true, index, last,
                      number(1, 2) + number(0xe000u | static_cast<unsigned>(pid), 2));
    }
    /// One that names the network alone.
    static std::string emptyPat(int index, int last) {
        return closed(0, number(1, 2), 0, true, index, last, number(0, 2) + number(0xe010u, 2));
    }
    std::string map(const std::vector<Stream>& streams, Map recipe = {}) {
        std::string body = number(0xffff, 2) + number(0xf000, 2);
        for (const auto& stream : streams)
            body += number(static_cast<unsigned>(stream.type), 1) +
                    number(0xe000u | static_cast<unsigned>(stream.pid), 2) +
                    number(0xf000u | stream.descriptors.size(), 2) + stream.descriptors;
        return section(recipe.pid, closed(2, number(1, 2), recipe.version, recipe.isCurrent, 0, 0, body));
    }
    /// The packets of sections that follow one another.
    std::string section(int pid, const std::string& sections) {
        auto padded = std::string(1, '\0') + sections;
        padded.append((184 - padded.size() % 184) % 184, '\xff');
        return packets(pid, padded, false);
    }
    std::string pes(const std::string& sound, std::optional<std::uint64_t> pts, Pes recipe = {}) {
        std::string header;
        if (pts) {
            auto bits = *pts;
            header = number(0x21 | (bits >> 30 & 7) << 1, 1) + number((bits >> 15 & 0x7fff) << 1 | 1, 2) +
                     number((bits & 0x7fff) << 1 | 1, 2);
        }
        header += std::string(recipe.headerStuffing, '\xff');
        auto length = recipe.hasLength ? 3 + header.size() + sound.size() : 0;
        return packets(recipe.pid,
                       number(0x1c0, 4) + number(length, 2) + number(static_cast<unsigned>(recipe.flags), 1) +
                           number(pts ? 0x80 : 0, 1) + number(header.size(), 1) + header + sound +
                           recipe.behind,
                       recipe.isDiscontinuous);
    }

  private:
    static std::string closed(unsigned table, const std::string& id, int version, bool isCurrent, int index,
                              int last, const std::string& body) {
        auto section = number(table, 1) + number(0xb000u | (body.size() + 9), 2) + id +
                       number(0xc0u | static_cast<unsigned>(version) << 1 | (isCurrent ? 1u : 0u), 1) +
                       number(static_cast<unsigned>(index), 1) + number(static_cast<unsigned>(last), 1) +
                       body;
        return section + number(media::psiChecksum(bytesOf(section)), 4);
    }

    std::string packets(int pid, std::string_view payload, bool isDiscontinuous) {
        std::string out;
        for (bool isFirst = true; isFirst || !payload.empty(); isFirst = false) {
            bool marks = isFirst && isDiscontinuous;
            auto room = marks ? std::size_t{182} : std::size_t{184};
            auto size = std::min(room, payload.size());
            auto stuffing = room - size;
            bool hasField = marks || stuffing > 0;
            auto& counter = counters_[pid];
            out += number(0x47'0000u | (isFirst ? 0x4000u : 0u) | static_cast<unsigned>(pid), 3) +
                   number((hasField ? 0x30u : 0x10u) | (counter++ & 15u), 1);
            if (hasField) out += field(marks, stuffing);
            out += payload.substr(0, size);
            payload.remove_prefix(size);
        }
        return out;
    }
    /// An adaptation field that fills `stuffing` bytes, and two more where it marks something.
    static std::string field(bool marks, std::size_t stuffing) {
        auto length = stuffing + (marks ? 2 : 0) - 1;
        auto out = number(length, 1);
        if (length > 0) out += number(marks ? 0x80 : 0, 1) + std::string(length - 1, '\xff');
        return out;
    }

    std::map<int, unsigned> counters_;
};

}  // namespace auricle::test::transport
