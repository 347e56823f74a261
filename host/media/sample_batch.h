// Samples of sound on their way into a file: their bytes back to back, and how long each is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace auricle::media {

struct SampleBatch {
    struct Sample {
        std::uint32_t bytes = 0, ticks = 0;
    };

    void add(std::span<const std::byte> sample, std::uint32_t ticks) {
        bytes.insert(bytes.end(), sample.begin(), sample.end());
        samples.push_back({.bytes = static_cast<std::uint32_t>(sample.size()), .ticks = ticks});
    }
    std::uint64_t ticks() const {
        return std::accumulate(samples.begin(), samples.end(), std::uint64_t{0},
                               [](std::uint64_t sum, const Sample& one) { return sum + one.ticks; });
    }

    std::vector<std::byte> bytes;
    std::vector<Sample> samples;
};

}  // namespace auricle::media
