#include "media/matroska.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string>

#include "media/fields.h"
#include "media/verdict.h"
#include "media/window.h"

namespace auricle::media {
namespace {

// RFC 9559 section 5.1; RFC 8794 section 11.2.
constexpr std::uint32_t ebmlHead = 0x1a45dfa3, docType = 0x4282, segment = 0x18538067, info = 0x1549a966,
                        timestampScale = 0x2ad7b1, segmentDuration = 0x4489, tracks = 0x1654ae6b,
                        trackEntry = 0xae, trackType = 0x83, contentEncodings = 0x6d80,
                        contentEncoding = 0x6240, contentEncryption = 0x5035, cluster = 0x1f43b675,
                        clusterTimestamp = 0xe7, seekHead = 0x114d9b74, cues = 0x1c53bb6b,
                        attachments = 0x1941a469, chapters = 0x1043a770, tags = 0x1254c367;

struct Element {
    std::uint32_t id = 0;
    std::uint64_t payload = 0, end = 0;  ///< offsets
    bool isSizeKnown = true;
};

bool isTopLevel(std::uint32_t id) {
    return id == info || id == tracks || id == cluster || id == seekHead || id == cues || id == attachments ||
           id == chapters || id == tags;
}

/// The element at `offset`, which must lie before `end`. One of unknown size reaches to `end`.
Result<Element> elementAt(Window& window, std::uint64_t offset, std::uint64_t end) {
    auto bytes = window.at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(12, end - offset)));
    if (!bytes) return std::unexpected(bytes.error());
    Fields fields(*bytes);
    auto first = fields.u8();
    auto idBytes = static_cast<std::size_t>(std::countl_zero(first)) + 1;
    if (idBytes > 4) return damaged("an element has an impossible name");
    Element element{.id = static_cast<std::uint32_t>(std::uint64_t{first} << 8 * (idBytes - 1) |
                                                     fields.big(idBytes - 1))};
    auto lead = fields.u8();
    if (!fields.isWhole()) return cutOff("it ends inside the header of an element");
    auto sizeBytes = static_cast<std::size_t>(std::countl_zero(lead)) + 1;
    if (sizeBytes > 8) return damaged("an element has an impossible size");
    auto mask = (std::uint64_t{1} << 7 * sizeBytes) - 1;
    auto size = (std::uint64_t{lead} << 8 * (sizeBytes - 1) | fields.big(sizeBytes - 1)) & mask;
    if (!fields.isWhole()) return cutOff("it ends inside the header of an element");
    element.payload = offset + idBytes + sizeBytes;
    element.isSizeKnown = size != mask;
    if (element.isSizeKnown && size > end - element.payload) return cutOff("an element ends beyond it");
    element.end = element.isSizeKnown ? element.payload + size : end;
    return element;
}

/// Hands each element inside `parent` to `visit(element)`, which gives Result<void>.
template <class Visit>
Result<void> eachElement(Window& window, const Element& parent, Visit visit) {
    for (auto offset = parent.payload; offset < parent.end;) {
        auto element = elementAt(window, offset, parent.end);
        if (!element) return std::unexpected(element.error());
        if (Result<void> visited = visit(*element); !visited) return visited;
        offset = element->end;
    }
    return {};
}

Result<std::uint64_t> readNumber(Window& window, const Element& element) {
    auto count = element.end - element.payload;
    if (count > 8) return damaged("a number is longer than 8 bytes");
    auto bytes = window.at(element.payload, static_cast<std::size_t>(count));
    if (!bytes) return std::unexpected(bytes.error());
    return Fields(*bytes).big(bytes->size());
}

Result<double> readFloat(Window& window, const Element& element) {
    auto bits = readNumber(window, element);
    if (!bits) return std::unexpected(bits.error());
    auto count = element.end - element.payload;
    auto value = count == 4   ? double{std::bit_cast<float>(static_cast<std::uint32_t>(*bits))}
                 : count == 8 ? std::bit_cast<double>(*bits)
                              : 0.0;
    return std::isfinite(value) && value > 0 ? value : 0.0;
}

struct Found {
    std::string type;
    std::uint64_t scale = 1'000'000;  ///< ns in a tick
    double duration = 0;              ///< ticks; 0: not known
    std::uint64_t lastCluster = 0;    ///< ticks
    bool hasTracks = false, hasSound = false, hasPicture = false, isEncrypted = false;
};

Result<void> readInfo(Window& window, const Element& parent, Found& found) {
    return eachElement(window, parent, [&](const Element& element) -> Result<void> {
        if (element.id == timestampScale) {
            auto scale = readNumber(window, element);
            if (!scale) return std::unexpected(scale.error());
            found.scale = *scale;
        } else if (element.id == segmentDuration) {
            auto duration = readFloat(window, element);
            if (!duration) return std::unexpected(duration.error());
            found.duration = *duration;
        }
        return {};
    });
}

Result<void> readEncodings(Window& window, const Element& parent, Found& found) {
    return eachElement(window, parent, [&](const Element& encoding) -> Result<void> {
        if (encoding.id != contentEncoding) return {};
        return eachElement(window, encoding, [&](const Element& element) -> Result<void> {
            if (element.id == contentEncryption) found.isEncrypted = true;
            return {};
        });
    });
}

Result<void> readTrack(Window& window, const Element& parent, Found& found) {
    constexpr std::uint64_t picture = 1, sound = 2, both = 3;
    return eachElement(window, parent, [&](const Element& element) -> Result<void> {
        if (element.id == contentEncodings) return readEncodings(window, element, found);
        if (element.id != trackType) return {};
        auto type = readNumber(window, element);
        if (!type) return std::unexpected(type.error());
        if (*type == sound || *type == both) found.hasSound = true;
        if (*type == picture || *type == both) found.hasPicture = true;
        return {};
    });
}

Result<void> readTracks(Window& window, const Element& parent, Found& found) {
    found.hasTracks = true;
    return eachElement(window, parent, [&](const Element& element) -> Result<void> {
        return element.id == trackEntry ? readTrack(window, element, found) : Result<void>{};
    });
}

/// Reads a cluster's timestamp and gives the offset behind the cluster. One of unknown size (live recordings)
/// ends where the next element of the upper level begins (RFC 8794 section 6.2).
Result<std::uint64_t> readCluster(Window& window, const Element& parent, Found& found) {
    auto offset = parent.payload;
    while (offset < parent.end) {
        auto element = elementAt(window, offset, parent.end);
        if (!element) return std::unexpected(element.error());
        if (!parent.isSizeKnown && isTopLevel(element->id)) break;
        if (element->id == clusterTimestamp) {
            auto ticks = readNumber(window, *element);
            if (!ticks) return std::unexpected(ticks.error());
            found.lastCluster = std::max(found.lastCluster, *ticks);
        }
        offset = element->end;
    }
    return offset;
}

Result<void> readSegment(Window& window, const Element& parent, Found& found) {
    for (auto offset = parent.payload; offset < parent.end;) {
        auto element = elementAt(window, offset, parent.end);
        if (!element) return std::unexpected(element.error());
        offset = element->end;
        Result<void> read;
        if (element->id == info) read = readInfo(window, *element, found);
        if (element->id == tracks) read = readTracks(window, *element, found);
        if (!read) return read;
        if (element->id != cluster) continue;
        auto behind = readCluster(window, *element, found);
        if (!behind) return std::unexpected(behind.error());
        offset = *behind;
    }
    return {};
}

Result<void> readDocType(Window& window, const Element& head, Found& found) {
    return eachElement(window, head, [&](const Element& element) -> Result<void> {
        if (element.id != docType) return {};
        auto bytes =
            window.at(element.payload,
                      static_cast<std::size_t>(std::min<std::uint64_t>(16, element.end - element.payload)));
        if (!bytes) return std::unexpected(bytes.error());
        for (auto byte : *bytes) found.type += static_cast<char>(byte);
        return {};
    });
}

std::uint64_t durationMs(const Found& found) {
    constexpr double nsPerMs = 1e6, mostMs = 1e12;
    // Without a duration the last cluster's beginning is the best guess; a cluster lasts a few seconds.
    auto ticks = found.duration > 0 ? found.duration : static_cast<double>(found.lastCluster);
    auto ms = ticks * static_cast<double>(found.scale) / nsPerMs;
    return ms < mostMs ? static_cast<std::uint64_t>(ms) : 0;
}

}  // namespace

Result<Container> probeMatroska(const ByteSource& source) {
    Window window(source);
    Element file{.end = window.size()};
    Found found;
    auto read = eachElement(window, file, [&](const Element& element) -> Result<void> {
        if (element.id == ebmlHead) return readDocType(window, element, found);
        if (element.id == segment) return readSegment(window, element, found);
        return {};
    });
    if (!read) return std::unexpected(read.error());
    if (!found.hasTracks) return cutOff("its list of tracks is missing");
    Container container{.name = "webm", .mime = "audio/webm", .extension = "webm"};
    if (found.type != "webm")
        container = {.name = "matroska", .mime = "audio/x-matroska", .extension = "mka"};
    container.hasAudio = found.hasSound;
    container.hasVideo = found.hasPicture;
    container.isEncrypted = found.isEncrypted;
    container.durationMs = durationMs(found);
    return container;
}

}  // namespace auricle::media
