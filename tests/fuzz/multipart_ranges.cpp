// multipart/byteranges (RFC 9110 section 14.6) from any server, cut anywhere.
#include "net/multipart_ranges.h"

#include <algorithm>
#include <cstdlib>

using namespace auricle;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t step = data[0] + 1u;
    auto body = std::as_bytes(std::span(data + 1, size - 1));
    std::optional<net::ContentRange> range;
    auto onPart = [&range](const net::ContentRange& part) -> Result<void> {
        range = part;
        return {};
    };
    auto onData = [&range](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
        bool isWithin = range && offset >= *range->first &&
                        offset - *range->first <= *range->last - *range->first &&
                        bytes.size() <= *range->last - offset + 1;
        if (!isWithin) std::abort();
        return {};
    };
    net::MultipartRanges parts("B", onPart, onData);
    for (std::size_t at = 0; at < body.size(); at += step) {
        if (!parts.feed(body.subspan(at, std::min(step, body.size() - at)))) return 0;
    }
    return 0;
}
