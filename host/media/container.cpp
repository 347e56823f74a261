#include "media/container.h"

#include <algorithm>

#include "media/flac.h"
#include "media/id3.h"
#include "media/iso_bmff.h"
#include "media/matroska.h"
#include "media/mpeg_audio.h"
#include "media/ogg.h"
#include "media/signature.h"
#include "media/verdict.h"
#include "media/wav.h"
#include "media/window.h"

namespace auricle::media {
namespace {

Result<Signature> signatureAt(Window& window, std::uint64_t offset) {
    auto head = window.at(offset, decisiveBytes);
    if (!head) return std::unexpected(head.error());
    return signatureOf(*head, true);
}

/// What stands behind an ID3 tag: frames, FLAC, or what a site put there instead.
Result<Signature> signatureBehindTags(Window& window) {
    auto signature = signatureAt(window, 0);
    if (!signature || *signature != Signature::id3) return signature;
    auto behind = behindId3(window, 0);
    if (!behind) return std::unexpected(behind.error());
    if (*behind >= window.size()) return cutOff("it ends inside the tag at its beginning");
    return signatureAt(window, *behind);
}

}  // namespace

FirstLook firstLook(std::span<const std::byte> head) {
    switch (signatureOf(head, false)) {
        case Signature::isoBmff:
        case Signature::mpegAudio:
        case Signature::ogg:
        case Signature::matroska:
        case Signature::flac:
        case Signature::wav:
        case Signature::id3:
            return FirstLook::media;
        case Signature::html:
            return FirstLook::html;
        case Signature::xml:
        case Signature::json:
        case Signature::playlist:
        case Signature::text:
            return FirstLook::text;
        case Signature::undecided:
            return FirstLook::needMore;
        default:
            return FirstLook::other;
    }
}

Result<Container> probe(const ByteSource& source) {
    Window window(source, decisiveBytes);
    auto signature = signatureBehindTags(window);
    if (!signature) return std::unexpected(signature.error());
    switch (*signature) {
        case Signature::isoBmff:
            return probeIsoBmff(source);
        case Signature::mpegAudio:
            return probeMpegAudio(source);
        case Signature::ogg:
            return probeOgg(source);
        case Signature::matroska:
            return probeMatroska(source);
        case Signature::flac:
            return probeFlac(source);
        case Signature::wav:
            return probeWav(source);
        default:
            return notSound(wordsFor(*signature));
    }
}

}  // namespace auricle::media
