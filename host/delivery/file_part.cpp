#include "delivery/file_part.h"

#include <algorithm>

#include "system/files.h"

namespace auricle::delivery {

FilePart::FilePart(int file, std::uint64_t offset, std::uint64_t bytes)
    : file_(file), offset_(offset), left_(bytes), size_(bytes) {}

Result<std::size_t> FilePart::read(std::span<std::byte> into) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    auto got = readAt(file_, offset_, into.first(wanted));
    if (!got) return got;
    if (*got < wanted)
        return fail(Kind::internal,
                    "The recording on this computer is no longer whole. Start the capture again.");
    offset_ += *got;
    left_ -= *got;
    return got;
}

}  // namespace auricle::delivery
