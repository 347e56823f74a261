// What yt-dlp prints, in pieces of any size: titles and numbers in it are the site's.
#include "sites/yt_dlp_output.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using auricle::sites::YtDlpOutput;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t piece = data[0] + std::size_t{1};
    YtDlpOutput pieces, whole;
    whole.push(text);
    for (std::size_t at = 0; at < text.size(); at += piece) pieces.push(text.substr(at, piece));
    // However it comes, it says the same.
    const bool isSame = pieces.done() == whole.done() && pieces.total() == whole.total() &&
                        pieces.file() == whole.file() &&
                        pieces.video().has_value() == whole.video().has_value();
    if (!isSame) std::abort();
    constexpr std::uint64_t most = 2'000'000'000'000'000'000;
    if (const auto& video = whole.video())
        if (std::max({video->bytes, video->wholeBytes, video->durationMs}) > most) std::abort();
    return 0;
}
