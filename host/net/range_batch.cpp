#include "net/range_batch.h"

#include <algorithm>

namespace auricle::net {

void RangeBatch::add(Range piece, bool joins) {
    if (joins && !spans_.empty()) {
        auto& last = spans_.back().range;
        auto longer = piece.end() - last.end();
        last.bytes += longer;
        asked_ += longer;
        missing_ += longer;
    } else {
        spans_.push_back({.range = piece, .firstPiece = pieces_.size()});
        asked_ += piece.bytes;
        missing_ += piece.bytes;
    }
    pieces_.push_back({.range = piece, .at = wanted_});
    wanted_ += static_cast<std::size_t>(piece.bytes);
}

std::vector<Range> RangeBatch::missing() const {
    std::vector<Range> left;
    for (const auto& span : spans_) {
        if (span.have < span.range.bytes)
            left.push_back({.offset = span.range.offset + span.have, .bytes = span.range.bytes - span.have});
    }
    return left;
}

bool RangeBatch::touches(Range range) const {
    auto span =
        std::ranges::upper_bound(spans_, range.offset, {}, [](const Span& one) { return one.range.end(); });
    return span != spans_.end() && span->range.offset < range.end();
}

void RangeBatch::place(std::uint64_t offset, std::span<const std::byte> bytes) {
    bytes_.resize(wanted_);
    auto span = std::ranges::upper_bound(spans_, offset, {}, [](const Span& one) { return one.range.end(); });
    for (; span != spans_.end() && span->range.offset < offset + bytes.size(); ++span) {
        auto next = std::next(span);
        take(*span, next == spans_.end() ? pieces_.size() : next->firstPiece, offset, bytes);
    }
}

void RangeBatch::take(Span& span, std::size_t endPiece, std::uint64_t offset,
                      std::span<const std::byte> bytes) {
    auto begin = span.range.offset + span.have;
    auto end = std::min(span.range.end(), offset + bytes.size());
    if (offset > begin || end <= begin) return;
    auto pieces = std::span(pieces_).subspan(span.firstPiece, endPiece - span.firstPiece);
    auto piece =
        std::ranges::upper_bound(pieces, begin, {}, [](const Piece& one) { return one.range.end(); });
    for (; piece != pieces.end() && piece->range.offset < end; ++piece) {
        auto from = std::max(begin, piece->range.offset), to = std::min(end, piece->range.end());
        std::ranges::copy(
            bytes.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from)),
            bytes_.begin() + static_cast<std::ptrdiff_t>(piece->at + (from - piece->range.offset)));
    }
    span.have += end - begin;
    missing_ -= end - begin;
}

std::vector<std::shared_ptr<RangeBatch>> RangeBatch::split(std::size_t most) const {
    std::vector<std::shared_ptr<RangeBatch>> parts;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
        if (i % most == 0) parts.push_back(std::make_shared<RangeBatch>());
        auto& part = *parts.back();
        auto endPiece = i + 1 == spans_.size() ? pieces_.size() : spans_[i + 1].firstPiece;
        for (auto at = spans_[i].firstPiece; at < endPiece; ++at)
            part.add(pieces_[at].range, at != spans_[i].firstPiece);
    }
    return parts;
}

}  // namespace auricle::net
