#include <algorithm>
#include <array>

#include "channel/methods.h"
#include "channel/params.h"
#include "system/base64.h"

namespace auricle::channel {
namespace {

/// In base64, and with room for the reply around it, that stays within a frame.
constexpr std::int64_t mostPieceBytes = 720 * 1024;
/// Numbers of JSON are exact up to there (RFC 8259 section 6).
constexpr std::int64_t largestOffset = (std::int64_t{1} << 53) - 1;

nlohmann::json toJson(const delivery::RecordingPiece& piece, std::uint64_t offset) {
    return {{"offset", offset},
            {"data", toBase64(piece.bytes)},
            {"total", piece.total},
            {"mimeType", piece.mime}};
}

Later show(boost::asio::awaitable<Result<delivery::RecordingPiece>> reading, std::uint64_t offset) {
    const auto piece = co_await std::move(reading);
    if (!piece) co_return std::unexpected(piece.error());
    co_return toJson(*piece, offset);
}

Outcome read(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto id = params.text("id", {.maxBytes = 128});
    const auto offset = params.integer("offset", 0, largestOffset);
    const auto length = params.optionalInteger("length", 1, std::numeric_limits<std::int64_t>::max());
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    auto capture = desk.parts.manager.get(id);
    if (!capture) return Answer(std::unexpected(std::move(capture.error())));
    const delivery::PieceWanted wanted{
        .offset = static_cast<std::uint64_t>(offset),
        .length = static_cast<std::uint64_t>(std::min(length.value_or(mostPieceBytes), mostPieceBytes))};
    return show(desk.parts.readRecording(std::move(*capture), wanted), wanted.offset);
}

constexpr std::array methods{Method{"capture.audio", read}};

}  // namespace

std::span<const Method> recordingMethods() {
    return methods;
}

}  // namespace auricle::channel
