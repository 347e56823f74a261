// What bytes are by how they begin: the containers that can be read, and the common things that come in their
// place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auricle::media {

enum class Signature : std::uint8_t {
    // What probe() reads.
    isoBmff,
    mpegAudio,
    ogg,
    matroska,
    flac,
    wav,
    id3,
    // What a site sends instead.
    html,
    xml,
    json,
    playlist,
    text,
    zip,
    gzip,
    pdf,
    image,
    transportStream,
    avi,
    flv,
    windowsMedia,
    empty,
    unknown,
    // More bytes are needed; never for a whole file, nor for `decisiveBytes` or more.
    undecided,
};

constexpr std::size_t decisiveBytes = 16 * 1024;

/// `isWhole`: nothing follows these bytes.
Signature signatureOf(std::span<const std::byte> head, bool isWhole);
/// As part of a sentence: "a web page".
std::string_view wordsFor(Signature signature);

}  // namespace auricle::media
