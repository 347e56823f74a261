#include "media/signature.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "media/audio_frame.h"
#include "media/box.h"
#include "media/fields.h"

namespace auricle::media {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

char lowered(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

struct Magic {
    std::string_view text;
    std::size_t offset;
    Signature signature;
};
constexpr std::array magics{
    Magic{"OggS"sv, 0, Signature::ogg},
    Magic{"\x1a\x45\xdf\xa3"sv, 0, Signature::matroska},
    Magic{"fLaC"sv, 0, Signature::flac},
    Magic{"WAVE"sv, 8, Signature::wav},
    Magic{"ID3"sv, 0, Signature::id3},
    Magic{"PK\x03\x04"sv, 0, Signature::zip},
    Magic{"PK\x05\x06"sv, 0, Signature::zip},
    Magic{"\x1f\x8b"sv, 0, Signature::gzip},
    Magic{"%PDF-"sv, 0, Signature::pdf},
    Magic{"\x89PNG"sv, 0, Signature::image},
    Magic{"\xff\xd8\xff"sv, 0, Signature::image},
    Magic{"GIF8"sv, 0, Signature::image},
    Magic{"WEBP"sv, 8, Signature::image},
    Magic{"AVI "sv, 8, Signature::avi},
    Magic{"FLV\x01"sv, 0, Signature::flv},
    Magic{"\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, 0, Signature::windowsMedia},
    Magic{"#EXTM3U"sv, 0, Signature::playlist},
};

std::string_view textOf(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Signature> byMagic(Bytes head) {
    auto text = textOf(head);
    for (const auto& magic : magics) {
        if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.text)) {
            bool isRiff = text.starts_with("RIFF") || text.starts_with("RF64");
            if (magic.offset == 0 || isRiff) return magic.signature;
        }
    }
    return std::nullopt;
}

bool isIsoBmff(Bytes head) {
    if (head.size() < 8) return false;
    Fields fields(head);
    auto size = fields.u32();
    auto type = fields.u32();
    constexpr std::array first{fourCc("ftyp"), fourCc("moov"), fourCc("mdat"), fourCc("moof"),
                               fourCc("styp"), fourCc("sidx"), fourCc("free"), fourCc("skip"),
                               fourCc("wide"), fourCc("pnot"), fourCc("pdin"), fourCc("emsg")};
    return (size <= 1 || size >= 8) && std::ranges::find(first, type) != first.end();
}

/// Several frame headers, each where the one before says that it is. One alone is found in any noise.
std::optional<Signature> asAudioFrames(Bytes head, bool isWhole) {
    constexpr int enough = 3;
    auto first = audioFrameAt(head);
    if (!first) return std::nullopt;
    std::size_t offset = 0;
    for (int count = 0; count < enough; ++count) {
        if (head.size() - offset < audioFrameHeaderBytes) {
            // The whole of a very short file: two frames have to do.
            if (isWhole) return count >= 2 ? std::optional(Signature::mpegAudio) : std::nullopt;
            return Signature::undecided;
        }
        auto frame = audioFrameAt(head.subspan(offset));
        if (!frame || !frame->isOfSameStream(*first)) return std::nullopt;
        offset += std::min<std::size_t>(frame->bytes, head.size() - offset);
    }
    return Signature::mpegAudio;
}

bool isTransportStream(Bytes head) {
    constexpr std::size_t packet = 188;
    return head.size() > 2 * packet && head[0] == std::byte{0x47} && head[packet] == std::byte{0x47} &&
           head[2 * packet] == std::byte{0x47};
}

/// A length of the UTF-8 sequence that begins with this byte; 0 where none does (RFC 3629).
std::size_t sequenceBytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool isText(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) return false;
        auto length = sequenceBytes(c);
        if (length == 0) return false;
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        }
        i += length;
    }
    return true;
}

std::string_view withoutLeadingSpace(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\f"), text.size()));
    return text;
}

/// Tags with which a page begins (WHATWG MIME Sniffing section 7.1, and a few that sign-in pages use).
bool isHtmlTag(std::string_view lowerText) {
    constexpr std::array tags{
        "!doctype html"sv, "html"sv, "head"sv,  "script"sv, "iframe"sv, "h1"sv,      "div"sv, "font"sv,
        "table"sv,         "a"sv,    "style"sv, "title"sv,  "b"sv,      "body"sv,    "br"sv,  "p"sv,
        "meta"sv,          "form"sv, "link"sv,  "span"sv,   "center"sv, "noscript"sv};
    auto inside = lowerText.substr(1);
    if (inside.starts_with("!--")) return true;
    return std::ranges::any_of(tags, [&](std::string_view tag) {
        return inside.starts_with(tag) && (inside.size() == tag.size() ||
                                           " >/\t\r\n"sv.find(inside[tag.size()]) != std::string_view::npos);
    });
}

std::optional<Signature> asMarkup(std::string_view text, bool isWhole) {
    constexpr std::size_t looked = 1024, tellingBytes = 16;
    if (!text.starts_with('<')) return std::nullopt;
    std::string lower(text.substr(0, looked));
    std::ranges::transform(lower, lower.begin(), lowered);
    if (isHtmlTag(lower)) return Signature::html;
    if (text.size() < tellingBytes && !isWhole) return Signature::undecided;
    if (lower.starts_with("<?xml"))
        return lower.find("<html") != std::string::npos ? Signature::html : Signature::xml;
    return isText(lower) ? std::optional(Signature::xml) : std::nullopt;
}

Signature asText(Bytes head, bool isWhole) {
    constexpr std::size_t looked = 1024, tellingBytes = 64;
    auto all = textOf(head);
    if (all.starts_with("\xff\xfe") || all.starts_with("\xfe\xff")) return Signature::text;
    auto text = withoutLeadingSpace(all);
    if (auto markup = asMarkup(text, isWhole)) return *markup;
    if (!isText(all.substr(0, looked))) return Signature::unknown;
    if (text.size() < tellingBytes && !isWhole && head.size() < looked) return Signature::undecided;
    return text.starts_with('{') || text.starts_with('[') ? Signature::json : Signature::text;
}

}  // namespace

Signature signatureOf(std::span<const std::byte> head, bool isWhole) {
    constexpr std::size_t magicBytes = 12;
    isWhole = isWhole || head.size() >= decisiveBytes;
    if (head.empty()) return isWhole ? Signature::empty : Signature::undecided;
    if (isIsoBmff(head)) return Signature::isoBmff;
    if (auto magic = byMagic(head)) return *magic;
    if (head.size() < magicBytes && !isWhole) return Signature::undecided;
    if (auto frames = asAudioFrames(head, isWhole)) return *frames;
    if (isTransportStream(head)) return Signature::transportStream;
    return asText(head, isWhole);
}

std::string_view wordsFor(Signature signature) {
    switch (signature) {
        case Signature::html:
            return "a web page";
        case Signature::xml:
            return "an XML document";
        case Signature::json:
            return "a JSON document";
        case Signature::playlist:
            return "a playlist";
        case Signature::text:
            return "text";
        case Signature::zip:
            return "a ZIP archive";
        case Signature::gzip:
            return "a gzip archive";
        case Signature::pdf:
            return "a PDF document";
        case Signature::image:
            return "a picture";
        case Signature::transportStream:
            return "a piece of a video stream (MPEG-TS)";
        case Signature::avi:
            return "an AVI video";
        case Signature::flv:
            return "a Flash video";
        case Signature::windowsMedia:
            return "a Windows Media file";
        case Signature::empty:
            return "empty";
        default:
            return "of a kind that is not known";
    }
}

}  // namespace auricle::media
