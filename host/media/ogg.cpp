#include "media/ogg.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "media/fields.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

constexpr std::size_t pageHeaderBytes = 27;
constexpr std::size_t maxStreams = 1000;

struct Stream {
    std::uint32_t serial = 0;
    bool isSound = false, isPicture = false;
    bool isOpus = false;
    std::uint32_t sampleRate = 0;
    std::uint64_t preSkip = 0;  ///< samples that are decoded and not played (RFC 7845 section 4.2)
    std::uint64_t end = 0;      ///< the last granule position
};

struct Page {
    bool isFirst = false;
    std::uint64_t granule = 0;
    std::uint32_t serial = 0;
    std::uint64_t payload = 0, end = 0;  ///< offsets
};

Result<Page> readPage(Window& window, std::uint64_t offset) {
    auto bytes = window.at(offset, pageHeaderBytes + 255);
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    if (fields.u32() != 0x4f676753) {
        return fields.isWhole() ? damaged("its pages do not follow one another")
                                : cutOff("it ends inside a page");
    }
    fields.skip(1);
    Page page;
    page.isFirst = fields.u8() & 2;
    page.granule = fields.little(8);
    page.serial = static_cast<std::uint32_t>(fields.little(4));
    fields.skip(8);
    std::size_t segments = fields.u8();
    page.payload = page.end = offset + pageHeaderBytes + segments;
    for (std::size_t i = 0; i < segments; ++i) page.end += fields.u8();
    if (!fields.isWhole() || page.end > window.size()) return cutOff("it ends inside a page");
    return page;
}

bool beginsWith(std::span<const std::byte> bytes, std::string_view text) {
    return bytes.size() >= text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin(), [](char a, std::byte b) {
               return std::to_integer<unsigned char>(b) == static_cast<unsigned char>(a);
           });
}

/// What the first packet of a stream says of it.
Stream streamOf(const Page& page, std::span<const std::byte> packet) {
    using namespace std::string_view_literals;
    Stream stream{.serial = page.serial};
    Fields fields(packet);
    if (beginsWith(packet, "OpusHead")) {
        stream.isSound = stream.isOpus = true;
        stream.sampleRate = 48'000;
        fields.skip(10);
        stream.preSkip = fields.little(2);
    } else if (beginsWith(packet, "\x01vorbis"sv)) {
        stream.isSound = true;
        fields.skip(12);
        stream.sampleRate = static_cast<std::uint32_t>(fields.little(4));
    } else if (beginsWith(packet,
                          "\x7f"
                          "FLAC"sv)) {
        stream.isSound = true;
        fields.skip(27);
        stream.sampleRate = static_cast<std::uint32_t>(fields.big(3) >> 4);
    } else if (beginsWith(packet, "Speex   ")) {
        stream.isSound = true;
        fields.skip(36);
        stream.sampleRate = static_cast<std::uint32_t>(fields.little(4));
    } else if (beginsWith(packet, "\x80theora"sv) || beginsWith(packet, "BBCD"sv) ||
               beginsWith(packet, "OVP80"sv)) {
        stream.isPicture = true;
    }
    return stream;
}

Result<void> note(Window& window, const Page& page, std::vector<Stream>& streams) {
    constexpr std::uint64_t noPacketEnds = UINT64_MAX;
    if (page.isFirst) {
        if (streams.size() == maxStreams) return damaged("it has more than a thousand streams");
        auto packet = window.at(
            page.payload, static_cast<std::size_t>(std::min<std::uint64_t>(64, page.end - page.payload)));
        if (!packet) return std::unexpected(packet.error());
        streams.push_back(streamOf(page, *packet));
        return {};
    }
    // The latest of that serial: a chained file may use one again.
    auto stream = std::find_if(streams.rbegin(), streams.rend(),
                               [&](const Stream& s) { return s.serial == page.serial; });
    if (stream != streams.rend() && page.granule != noPacketEnds) stream->end = page.granule;
    return {};
}

}  // namespace

Result<Container> probeOgg(const ByteSource& source) {
    Window window(source);
    std::vector<Stream> streams;
    for (std::uint64_t offset = 0; offset < window.size();) {
        auto page = readPage(window, offset);
        if (!page) return std::unexpected(page.error());
        if (auto noted = note(window, *page, streams); !noted) return std::unexpected(noted.error());
        offset = page->end;
    }
    Container found{.name = "ogg", .mime = "audio/ogg", .extension = "ogg"};
    std::uint64_t longest = 0, chained = 0;
    for (const auto& stream : streams) {
        found.hasAudio = found.hasAudio || stream.isSound;
        found.hasVideo = found.hasVideo || stream.isPicture;
        if (!stream.isSound) continue;
        auto ms = ticksToMs(stream.end - std::min(stream.end, stream.preSkip), stream.sampleRate);
        longest = std::max(longest, ms);
        chained += ms;
    }
    // RFC 7845 section 9: Opus alone in Ogg has an ending of its own.
    bool isAllOpus = found.hasAudio && !found.hasVideo &&
                     std::ranges::all_of(streams, [](const Stream& one) { return one.isOpus; });
    if (isAllOpus) found.extension = "opus";
    // Streams one after the other add up, streams beside one another (with a picture) do not.
    found.durationMs = found.hasVideo ? longest : chained;
    return found;
}

}  // namespace auricle::media
