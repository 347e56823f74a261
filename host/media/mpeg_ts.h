// Takes the sound out of an MPEG transport stream (ISO/IEC 13818-1): packets, the tables that name the
// sound's PID, PES packets and their times. Nothing of the picture is looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "media/frame_cutter.h"
#include "media/psi.h"
#include "system/error.h"

namespace auricle::media {

/// What a demuxer hands over, in order.
class SoundSink {
  public:
    virtual ~SoundSink() = default;
    /// A PES packet with sound begins. `pts`: its presentation time, 33 bits of 90 kHz ticks; nothing where
    /// it has none.
    virtual Result<void> begin(Coding coding, std::optional<std::uint64_t> pts) = 0;
    virtual Result<void> bytes(std::span<const std::byte> bytes) = 0;
    /// What follows does not go on from what came before: a frame that has begun will not end.
    virtual void breakOff() = 0;
};

class MpegTs {
  public:
    static constexpr std::size_t packetBytes = 188;

    /// `language`: BCP 47 or ISO 639; of several sounds that in this language is taken, else the first that
    /// can be.
    explicit MpegTs(std::string language) : language_(std::move(language)) {}

    /// A segment, whole. Fails with drm_protected for scrambled sound or SAMPLE-AES, with not_media where it
    /// is no transport stream or ends inside a packet, and with what `sink` says.
    Result<void> push(std::span<const std::byte> segment, SoundSink& sink);
    /// Fails with not_media where the tables so far name no sound, or only such in a codec that cannot be
    /// taken.
    Result<void> findSound() const;
    /// The next segment does not go on from the last one.
    void breakOff();

    /// Gaps in the continuity counters of the sound's packets (section 2.4.3.3).
    std::uint64_t lostPackets() const { return lostPackets_; }

    /// Whether these bytes begin like a transport stream.
    static bool isOne(std::span<const std::byte> bytes);

  private:
    struct Packet;
    struct Sound {
        std::uint16_t pid = 0;
        Coding coding = Coding::aac;
    };

    Result<void> readPacket(std::span<const std::byte> bytes, SoundSink& sink);
    Result<void> readMap(const ProgramMap& map);
    Result<void> readSound(const Packet& packet, SoundSink& sink);
    Result<void> readPes(std::span<const std::byte> bytes, SoundSink& sink);
    Result<void> pass(std::span<const std::byte> bytes, SoundSink& sink);
    bool isNext(const Packet& packet, SoundSink& sink);

    std::string language_;
    SectionReader pat_, pmt_;
    std::optional<std::uint16_t> pmtPid_;
    std::optional<Sound> sound_;
    std::string unknown_;  ///< a sound that is there and cannot be taken, in words

    // Of the PES packet under way.
    bool isInPes_ = false, isHeaderWhole_ = false;
    std::vector<std::byte> pesHeader_;      ///< its beginning, as long as its header is not whole
    std::optional<std::uint64_t> pesLeft_;  ///< bytes of its payload to come, where it says so
    std::optional<std::uint8_t> counter_;   ///< of the sound's last packet
    std::uint64_t lostPackets_ = 0;
};

}  // namespace auricle::media
