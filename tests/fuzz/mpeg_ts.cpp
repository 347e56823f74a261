// A transport stream's packets, tables and PES headers (ISO/IEC 13818-1), as any server may send them.
#include "media/mpeg_ts.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

struct Counter final : auricle::media::SoundSink {
    auricle::Result<void> begin(auricle::media::Coding, std::optional<std::uint64_t> pts) override {
        if (pts && *pts >> 33 != 0) std::abort();
        return {};
    }
    auricle::Result<void> bytes(std::span<const std::byte> more) override {
        all += more.size();
        return {};
    }
    void breakOff() override {}

    std::size_t all = 0;
};

}  // namespace

/// The first byte says where the input is cut into two segments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    auto first = bytes.size() * data[0] / 255;
    auricle::media::MpegTs ts("de");
    Counter sink;
    if (ts.push(bytes.first(first), sink)) (void)ts.push(bytes.subspan(first), sink);
    (void)ts.findSound();
    if (sink.all > size) std::abort();
    return 0;
}
