// Where the bytes of a track lie in its source, in the order in which they are played: byte ranges, packed,
// neighbours joined.
#pragma once

#include <cstdint>
#include <optional>

#include "media/packed_numbers.h"

namespace auricle::media {

struct Piece {
    std::uint64_t offset = 0, bytes = 0;
};

class Pieces {
  public:
    /// Behind those that are there; joined with the last where it begins at its end.
    void add(std::uint64_t offset, std::uint64_t bytes);

    std::uint64_t count() const { return closed_ + (open_.bytes ? 1 : 0); }
    std::uint64_t bytes() const { return bytes_; }  ///< of all pieces

    /// The pieces from the beginning. The list outlives it and is not added to meanwhile.
    class Cursor {
      public:
        explicit Cursor(const Pieces& pieces) : packed_(pieces.packed_), open_(pieces.open_) {}
        std::optional<Piece> next();

      private:
        PackedNumbers::Cursor packed_;
        Piece open_;
        std::uint64_t end_ = 0;
    };
    Cursor read() const { return Cursor(*this); }

  private:
    void close();

    PackedNumbers packed_;
    Piece open_;
    std::uint64_t end_ = 0, closed_ = 0, bytes_ = 0;
};

}  // namespace auricle::media
