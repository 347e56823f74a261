// Content-Range (RFC 9110 section 14.4), as any server may send it.
#include "net/content_range.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto range = auricle::net::parseContentRange({reinterpret_cast<const char*>(data), size});
    if (!range || !range->first) return 0;
    bool isSound =
        range->last && *range->first <= *range->last && (!range->total || *range->last < *range->total);
    if (!isSound) std::abort();
    return 0;
}
