// What one request for ranges is to bring: wanted pieces, the spans that are asked for to get them, and the
// bytes as far as they have come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace auricle::net {

/// Bytes of a resource.
struct Range {
    std::uint64_t offset = 0, bytes = 0;

    std::uint64_t end() const { return offset + bytes; }
};

/// Its spans ascend and do not overlap; its pieces lie in them, in order.
class RangeBatch {
  public:
    /// Adds a piece: to the last span, reaching over the gap between them, or as a new span. It begins at or
    /// behind the end of the last one.
    void add(Range piece, bool joins);

    std::size_t spans() const { return spans_.size(); }
    std::uint64_t end() const { return spans_.empty() ? 0 : spans_.back().range.end(); }
    std::uint64_t begin() const { return spans_.front().range.offset; }
    std::uint64_t lastSpanBytes() const { return spans_.back().range.bytes; }
    std::uint64_t askedBytes() const { return asked_; }           ///< of all spans, gaps included
    std::size_t wantedBytes() const { return wanted_; }           ///< of all pieces
    std::span<const std::byte> wanted() const { return bytes_; }  ///< of all pieces, in their order

    /// What is still to be asked for.
    std::vector<Range> missing() const;
    bool isWhole() const { return missing_ == 0; }

    /// Bytes that came, from any place of the resource; those that continue what a span has are kept.
    void place(std::uint64_t offset, std::span<const std::byte> bytes);
    /// Whether a range that a server gives has anything of what was asked for.
    bool touches(Range range) const;

    /// The same to be fetched anew, in batches of at most `most` spans each.
    std::vector<std::shared_ptr<RangeBatch>> split(std::size_t most) const;

  private:
    struct Piece {
        Range range;
        std::size_t at;  ///< in bytes_
    };
    struct Span {
        Range range;
        std::uint64_t have = 0;      ///< bytes from its beginning
        std::size_t firstPiece = 0;  ///< in pieces_
    };
    void take(Span& span, std::size_t endPiece, std::uint64_t offset, std::span<const std::byte> bytes);

    std::vector<Span> spans_;
    std::vector<Piece> pieces_;
    std::vector<std::byte> bytes_;  ///< made when the first byte comes
    std::uint64_t asked_ = 0, missing_ = 0;
    std::size_t wanted_ = 0;
};

}  // namespace auricle::net
