#include "media/shrink.h"

#include <algorithm>
#include <filesystem>

namespace auricle::media {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t mostBitsPerSecond = 96'000;
constexpr std::uint32_t lowRate = 24'000, highRate = 44'100;  // Hz
/// From here on the higher sample rate sounds better than it costs.
constexpr std::uint32_t enoughForHighRate = 40'000;
constexpr std::uint64_t headBytes = 16 * 1024;  // boxes and tags

/// A size for each packet, and an offset and a time about once a second.
std::uint64_t containerBits(std::uint32_t sampleRate) {
    constexpr std::uint64_t samplesInPacket = 1024;
    return (sampleRate / samplesInPacket + 1) * 4 * 8 + 16 * 8;
}

std::uint64_t sizeOf(const fs::path& file) {
    std::error_code error;
    auto size = fs::file_size(file, error);
    return error ? 0 : size;
}

std::string inWords(std::uint64_t bytes) {
    if (bytes < 1'000'000) return std::to_string((bytes + 500) / 1000) + " kB";
    return std::to_string((bytes + 500'000) / 1'000'000) + " MB";
}

Error tooLarge(std::uint64_t bytes, std::uint64_t maxBytes) {
    return {.kind = Kind::too_large,
            .message = "The sound has " + inWords(bytes) + " and " + inWords(maxBytes) +
                       " are taken there; even encoded for speech alone it is longer than fits. Choose a "
                       "folder, or another backend.",
            .sizeBytes = bytes,
            .limitBytes = maxBytes};
}

/// What is to be tried when a file at `rate` came out with `bytes`.
std::optional<ShrinkRate> lowered(ShrinkRate rate, std::uint64_t bytes, std::uint64_t maxBytes) {
    constexpr std::uint64_t percent = 96;
    rate.bitsPerSecond =
        static_cast<std::uint32_t>(rate.bitsPerSecond * std::min(maxBytes, bytes) / bytes * percent / 100);
    return rate.bitsPerSecond >= fewestBitsPerSecond ? std::optional(rate) : std::nullopt;
}

}  // namespace

std::optional<ShrinkRate> rateThatFits(std::uint64_t durationMs, std::uint64_t maxBytes) {
    constexpr std::uint64_t percent = 98;  // an encoder keeps to its rate on the whole, not to the bit
    constexpr std::uint64_t mostBytes = std::uint64_t{1} << 50;
    if (durationMs == 0 || maxBytes <= headBytes) return std::nullopt;
    auto bits = (std::min(maxBytes, mostBytes) - headBytes) * 8 / 100 * percent;
    auto perSecond = bits * 1000 / durationMs;
    for (auto sampleRate : {highRate, lowRate}) {
        auto container = containerBits(sampleRate);
        auto sound = perSecond > container ? perSecond - container : 0;
        auto fewest = sampleRate == highRate ? enoughForHighRate : fewestBitsPerSecond;
        if (sound >= fewest)
            return ShrinkRate{.bitsPerSecond = static_cast<std::uint32_t>(
                                  std::min<std::uint64_t>(sound, mostBitsPerSecond)),
                              .sampleRate = sampleRate};
    }
    return std::nullopt;
}

boost::asio::awaitable<Result<Shrunk>> shrink(FfmpegWork work, std::uint64_t maxBytes) {
    const fs::path output = work.folder / work.output;
    const auto inputBytes = sizeOf(work.folder / work.input);
    auto rate = rateThatFits(work.durationMs, maxBytes);
    for (int attempt = 0; rate && attempt < 2; ++attempt) {
        auto encoded = co_await encodeMono(work, rate->bitsPerSecond, rate->sampleRate);
        if (!encoded) co_return std::unexpected(std::move(encoded.error()));
        const auto bytes = sizeOf(output);
        if (bytes <= maxBytes) co_return Shrunk{.bytes = bytes, .rate = *rate};
        rate = lowered(*rate, bytes, maxBytes);
    }
    std::error_code ignored;
    fs::remove(output, ignored);
    co_return std::unexpected(tooLarge(inputBytes, maxBytes));
}

}  // namespace auricle::media
