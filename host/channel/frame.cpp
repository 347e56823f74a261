#include "channel/frame.h"

#include <algorithm>
#include <cstring>

namespace auricle::channel {
namespace {

/// Above this the memory of a frame is given back after it, not kept for the next.
constexpr std::size_t keptBytes = 1024 * 1024;

std::span<const char> take(std::span<const char>& piece, std::size_t bytes) {
    const auto front = piece.first(std::min(bytes, piece.size()));
    piece = piece.subspan(front.size());
    return front;
}

}  // namespace

std::optional<Frame> FrameReader::next(std::span<const char>& piece) {
    if (isGiven_) startAnew();
    while (!piece.empty()) {
        if (toSkip_ > 0) {
            toSkip_ -= static_cast<std::uint32_t>(take(piece, toSkip_).size());
            continue;
        }
        if (lengthHas_ < length_.size()) {
            if (!readLength(piece)) return std::nullopt;
            if (announced_ > limitBytes_) {
                toSkip_ = announced_;
                lengthHas_ = 0;
                return Frame{.text = {}, .announcedBytes = announced_, .isTooLong = true};
            }
            // A frame without bytes is complete with its length: waiting for more would hang on it.
            if (announced_ > 0 && piece.empty()) return std::nullopt;
        }
        return readBody(piece);
    }
    return std::nullopt;
}

bool FrameReader::readLength(std::span<const char>& piece) {
    const auto bytes = take(piece, length_.size() - lengthHas_);
    std::copy(bytes.begin(), bytes.end(), length_.begin() + static_cast<std::ptrdiff_t>(lengthHas_));
    lengthHas_ += bytes.size();
    if (lengthHas_ < length_.size()) return false;
    std::memcpy(&announced_, length_.data(), sizeof announced_);
    return true;
}

std::optional<Frame> FrameReader::readBody(std::span<const char>& piece) {
    if (body_.empty() && piece.size() >= announced_) {
        const auto whole = take(piece, announced_);
        lengthHas_ = 0;
        return Frame{.text = {whole.data(), whole.size()}, .announcedBytes = announced_};
    }
    keep(take(piece, announced_ - body_.size()));
    if (body_.size() < announced_) return std::nullopt;
    isGiven_ = true;
    return Frame{.text = {body_.data(), body_.size()}, .announcedBytes = announced_};
}

void FrameReader::keep(std::span<const char> bytes) {
    const std::size_t needed = body_.size() + bytes.size();
    if (needed > body_.capacity()) {
        body_.reserve(std::min<std::size_t>(announced_, std::max(needed, 2 * body_.capacity())));
    }
    body_.insert(body_.end(), bytes.begin(), bytes.end());
}

void FrameReader::startAnew() {
    isGiven_ = false;
    lengthHas_ = 0;
    if (body_.capacity() > keptBytes) std::vector<char>().swap(body_);
    body_.clear();
}

Result<std::array<char, 4>> frameLength(std::size_t bytes) {
    if (bytes > maxReplyBytes) {
        return std::unexpected(
            Error{.kind = Kind::too_large,
                  .message = "The answer is larger than a browser takes. Ask for less at once.",
                  .sizeBytes = bytes,
                  .limitBytes = maxReplyBytes});
    }
    const auto announced = static_cast<std::uint32_t>(bytes);
    std::array<char, 4> length{};
    std::memcpy(length.data(), &announced, sizeof announced);
    return length;
}

}  // namespace auricle::channel
